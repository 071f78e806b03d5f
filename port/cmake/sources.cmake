# SPDX-License-Identifier: Apache-2.0
# navette_sources(OUT PORT...) sets OUT to the library's files with those of the ports named.

get_filename_component(NAVETTE_ROOT "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
set(NAVETTE_ROOMS base http json tls conn spool auth client uplink api)

function(navette_sources out)
    set(found)
    foreach(room IN LISTS NAVETTE_ROOMS)
        file(GLOB files "${NAVETTE_ROOT}/src/${room}/*.c")
        list(APPEND found ${files})
    endforeach()
    foreach(port IN LISTS ARGN)
        file(GLOB files "${NAVETTE_ROOT}/port/${port}/*.c")
        if(NOT files)
            message(FATAL_ERROR "navette has no port '${port}'")
        endif()
        list(APPEND found ${files})
    endforeach()
    set(${out} ${found} PARENT_SCOPE)
endfunction()
