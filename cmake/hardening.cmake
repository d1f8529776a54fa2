# Warnings and hardening for everything we build: `imh_flags` is linked by every target.
#
# The flags follow the OpenSSF compiler hardening guide as far as gcc 12 and clang 14 know
# them; tests/lint/hardening looks at the files that come out. Sanitizer builds do without
# fortify and `-z defs`, which they do not survive. So does the build that counts lines.

include(CheckCCompilerFlag)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C) # programs are linked with -pie

add_library(imh_flags INTERFACE)
target_compile_definitions(imh_flags INTERFACE _GNU_SOURCE)
target_compile_options(imh_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla -Wstrict-prototypes
    -Wmissing-prototypes -Wformat=2 -Wimplicit-fallthrough -Werror
    -fno-delete-null-pointer-checks -fno-strict-overflow -fno-strict-aliasing)

# Asserts stay on in every build, the one that is installed too: they are cheap, and to go on
# after our own mistake may cost what somebody trusted us with. CMake's optimised builds turn
# them off.
target_compile_options(imh_flags INTERFACE -UNDEBUG)

if(IMH_SANITIZE)
    target_compile_options(imh_flags INTERFACE
        -fsanitize=${IMH_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(imh_flags INTERFACE -fsanitize=${IMH_SANITIZE})
    target_compile_definitions(imh_flags INTERFACE IMH_SANITIZE=1)
    if(IMH_FUZZ)
        target_compile_options(imh_flags INTERFACE -fsanitize=fuzzer-no-link)
    endif()
elseif(IMH_COVERAGE)
    target_compile_options(imh_flags INTERFACE --coverage -fprofile-update=atomic)
    target_link_options(imh_flags INTERFACE --coverage)
else()
    target_compile_options(imh_flags INTERFACE
        -U_FORTIFY_SOURCE $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=3>
        -fstack-protector-strong -fstack-clash-protection)
    foreach(flag -fcf-protection=full -ftrivial-auto-var-init=zero -fstrict-flex-arrays=3)
        string(MAKE_C_IDENTIFIER "has${flag}" known)
        check_c_compiler_flag(${flag} ${known})
        if(${known})
            target_compile_options(imh_flags INTERFACE ${flag})
        endif()
    endforeach()
    target_link_options(imh_flags INTERFACE
        LINKER:-z,relro LINKER:-z,now LINKER:-z,noexecstack LINKER:-z,defs)
endif()
