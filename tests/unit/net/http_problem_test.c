#include "net/http_problem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void reasons_are_told_in_words(void **state)
{
    (void)state;
    static const struct {
        CURLcode result;
        const char *detail, *text;
        imh_status status;
    } cases[] = {
        {CURLE_OK, "", "the answer breaks off in its headers", IMH_RETRY},
        {CURLE_COULDNT_CONNECT, "Failed to connect to a port 1",
         "Failed to connect to a port 1", IMH_RETRY},
        {CURLE_COULDNT_CONNECT, "", "Couldn't connect to server", IMH_RETRY},
        {CURLE_OUT_OF_MEMORY, "", "Out of memory", IMH_RETRY},
        {CURLE_UNSUPPORTED_PROTOCOL, "Received HTTP/0.9 when not allowed",
         "the answer is no HTTP: Received HTTP/0.9 when not allowed", IMH_RETRY},
        {CURLE_WEIRD_SERVER_REPLY, "Nul byte in header",
         "the answer is no HTTP: Nul byte in header", IMH_RETRY},
        {CURLE_BAD_CONTENT_ENCODING, "incorrect header check",
         "the answer cannot be unpacked: incorrect header check", IMH_RETRY},
        {CURLE_PEER_FAILED_VERIFICATION, "certificate has expired",
         "the certificate is refused: certificate has expired", IMH_RETRY},
        {CURLE_SSL_CONNECT_ERROR,
         "OpenSSL/3.0.19: error:0A00010B:SSL routines::wrong version number",
         "no secure connection: wrong version number", IMH_RETRY},
        {CURLE_SSL_CONNECT_ERROR, "SSL_ERROR_SYSCALL in connection to a:1 ",
         "no secure connection: SSL_ERROR_SYSCALL in connection to a:1", IMH_RETRY},
        {CURLE_SSL_CACERT_BADFILE, "error setting certificate verify blob",
         "'ca_file' cannot be used: error setting certificate verify blob", IMH_REJECTED},
    };
    CURL *easy = curl_easy_init();
    assert_non_null(easy);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char room[400];
        assert_int_equal(
            http_problem(easy, cases[i].result, true, cases[i].detail, room, sizeof room),
            cases[i].status);
        assert_string_equal(room, cases[i].text);
    }
    curl_easy_cleanup(easy);
}

static void a_sentence_that_does_not_fit_is_cut(void **state)
{
    (void)state;
    char room[20];
    CURL *easy = curl_easy_init();
    assert_non_null(easy);
    (void)http_problem(easy, CURLE_WEIRD_SERVER_REPLY, true, "words", room, sizeof room);
    assert_string_equal(room, "the answer is no HT");
    curl_easy_cleanup(easy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reasons_are_told_in_words),
        cmocka_unit_test(a_sentence_that_does_not_fit_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
