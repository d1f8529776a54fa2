# imh_add_plugin(name source...)
#
# Builds name.so as imh wants it: C11, every symbol hidden but imh_plugin_entry, nothing left
# to be resolved by luck. In the tree of imh it also joins the standing checks and the
# contract test.

function(imh_add_plugin name)
    set(map ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
    add_library(${name} MODULE ${ARGN})
    set_target_properties(${name} PROPERTIES
        PREFIX ""
        C_STANDARD 11
        C_VISIBILITY_PRESET hidden
        LINK_DEPENDS ${map})
    target_link_options(${name} PRIVATE LINKER:--version-script=${map})
    if(TARGET imh_flags) # in the tree of imh
        target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/sdk/include)
        target_link_libraries(${name} PRIVATE imh_flags)
        set_property(GLOBAL APPEND PROPERTY IMH_PLUGINS ${name})
        # What its remote answers in the contract test; need not be there.
        list(GET ARGN 0 source)
        cmake_path(GET source PARENT_PATH folder)
        cmake_path(ABSOLUTE_PATH folder NORMALIZE OUTPUT_VARIABLE folder)
        set_target_properties(${name} PROPERTIES
            IMH_RECORDING ${folder}/tests/contract.json)
    else()
        target_link_libraries(${name} PRIVATE imh::sdk)
        target_link_options(${name} PRIVATE LINKER:-z,defs LINKER:-z,relro LINKER:-z,now)
    endif()
endfunction()
