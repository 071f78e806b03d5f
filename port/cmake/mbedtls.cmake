# SPDX-License-Identifier: Apache-2.0
# Finds Mbed TLS: NAVETTE_TLS_LIBS are its three libraries, in the order of linking, NAVETTE_TLS_INCLUDES
# its folder of headers where they are no targets. Targets that the project has already come first
# (its own copy by add_subdirectory(), or find_package(MbedTLS) before this); then what the
# compiler and CMAKE_PREFIX_PATH know.

set(NAVETTE_TLS_LIBS)
set(NAVETTE_TLS_INCLUDES)
foreach(name mbedtls mbedx509 mbedcrypto)
    if(TARGET MbedTLS::${name})
        list(APPEND NAVETTE_TLS_LIBS MbedTLS::${name})
    elseif(TARGET ${name})
        list(APPEND NAVETTE_TLS_LIBS ${name})
    else()
        find_library(NAVETTE_${name} ${name})
        find_path(NAVETTE_${name}_INCLUDES mbedtls/ssl.h)
        mark_as_advanced(NAVETTE_${name} NAVETTE_${name}_INCLUDES)
        if(NAVETTE_${name} AND NAVETTE_${name}_INCLUDES)
            list(APPEND NAVETTE_TLS_LIBS "${NAVETTE_${name}}")
            set(NAVETTE_TLS_INCLUDES "${NAVETTE_${name}_INCLUDES}")
        endif()
    endif()
endforeach()
list(LENGTH NAVETTE_TLS_LIBS NAVETTE_TLS_COUNT)
