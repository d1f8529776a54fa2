/* share - a limit for all that nobody uses up alone.
 *
 * Who wants more may have half of what is still free, what he has already included. So one
 * alone gets up to a third of everything, ten get a twelfth each, and there is always room
 * for a newcomer. Pure.
 */
#ifndef HOST_NET_SHARE_H
#define HOST_NET_SHARE_H

#include <stdbool.h>
#include <stdint.h>

/* Of `most`, `used` are taken by all together, `own` of them by who asks for `more`. */
bool share_allows(uint64_t most, uint64_t used, uint64_t own, uint64_t more);

#endif
