/* prompt - a secret from standard input: typed without being seen, or piped in.
 *
 * On a terminal one line is read and not shown; a signal puts the terminal back before it
 * ends the program. Otherwise everything up to the end is read, and one newline at the end
 * is not part of it. What is no secret is typed as usual.
 */
#ifndef HOST_APP_PROMPT_H
#define HOST_APP_PROMPT_H

#include "base/secret.h"
#include "base/text.h"

/* Asks "question: " on a terminal. Errors: IMH_REJECTED for nothing, too much, or a zero
 * byte; IMH_CANCELED by a signal. */
struct secret *prompt_secret(const char *question, struct error *error);

/* Asks "question: " on a terminal and adds the line, without blanks around it. false: there
 * is no terminal, or nobody answers. */
bool prompt_line(const char *question, struct text *line);

#endif
