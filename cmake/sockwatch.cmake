# How every target of the project is compiled, and the helpers that declare them.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

add_library(sockwatch_options INTERFACE)
target_compile_options(sockwatch_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Werror)
target_include_directories(sockwatch_options INTERFACE ${PROJECT_SOURCE_DIR}/userspace)
target_compile_definitions(sockwatch_options INTERFACE SOCKWATCH_VERSION="${PROJECT_VERSION}")
if(SOCKWATCH_SANITIZE)
  target_compile_options(sockwatch_options INTERFACE
    -fsanitize=${SOCKWATCH_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(sockwatch_options INTERFACE -fsanitize=${SOCKWATCH_SANITIZE})
endif()

# The agent is root and reads what anybody sends: what a mistake could do is made small. Sanitizers bring checks of their own, which
# these would hide, and _FORTIFY_SOURCE needs an optimised build.
add_library(sockwatch_hardening INTERFACE)
if(NOT SOCKWATCH_SANITIZE)
  target_compile_options(sockwatch_hardening INTERFACE
    -fPIE -fstack-protector-strong -fstack-clash-protection
    $<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3>)
  target_compile_definitions(sockwatch_hardening INTERFACE _GLIBCXX_ASSERTIONS)
  target_link_options(sockwatch_hardening INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
    target_compile_options(sockwatch_hardening INTERFACE -mbranch-protection=standard)
  else()
    target_compile_options(sockwatch_hardening INTERFACE -fcf-protection)
  endif()
endif()

# sockwatch_library(NAME SOURCES a.cpp ... LINKS other ...): one folder of userspace/. What it may
# include from its neighbours is what it links: the lines spell out the direction of the data.
function(sockwatch_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_library(sockwatch_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(sockwatch_${name} PUBLIC sockwatch_options ${ARG_LINKS} PRIVATE sockwatch_hardening)
endfunction()

# sockwatch_test(NAME LABEL unit SOURCES a.cpp ... LINKS lib ...): a GoogleTest program, run by CTest.
function(sockwatch_test name)
  cmake_parse_arguments(ARG "" "LABEL" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE sockwatch_options ${ARG_LINKS} GTest::gtest GTest::gmock GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS ${ARG_LABEL})
endfunction()
