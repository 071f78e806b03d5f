# SPDX-License-Identifier: Apache-2.0
# A stand-in of the one function of ESP-IDF's build that port/esp-idf uses, after its documentation.

function(idf_component_register)
    cmake_parse_arguments(arg "" "" "SRCS;INCLUDE_DIRS;PRIV_INCLUDE_DIRS;REQUIRES;PRIV_REQUIRES" ${ARGN})
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "idf_component_register: ${arg_UNPARSED_ARGUMENTS}?")
    endif()
    get_filename_component(name "${CMAKE_CURRENT_SOURCE_DIR}" NAME)
    add_library(${name} STATIC ${arg_SRCS})
    target_include_directories(${name} PUBLIC ${arg_INCLUDE_DIRS} PRIVATE ${arg_PRIV_INCLUDE_DIRS})
    target_link_libraries(${name} PUBLIC ${arg_REQUIRES} PRIVATE ${arg_PRIV_REQUIRES})
endfunction()
