# What `cmake --install` and the Debian package (`cpack` in the build folder) put where. The agent is for root: sbin.
if(CMAKE_INSTALL_PREFIX_INITIALIZED_TO_DEFAULT)
  set(CMAKE_INSTALL_PREFIX /usr CACHE PATH "Where to install" FORCE)
endif()
include(GNUInstallDirs)
find_program(GZIP gzip REQUIRED)

# compressed(SOURCE NAME): a file as Debian wants its documents, the same bytes each time.
function(compressed source name)
  add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/package/${name}.gz
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/package
    COMMAND ${GZIP} -9 -n -c ${source} > ${CMAKE_BINARY_DIR}/package/${name}.gz
    DEPENDS ${source})
  set_property(GLOBAL APPEND PROPERTY sockwatch_documents ${CMAKE_BINARY_DIR}/package/${name}.gz)
endfunction()
compressed(${CMAKE_SOURCE_DIR}/packaging/sockwatch.8 sockwatch.8)
compressed(${CMAKE_SOURCE_DIR}/packaging/debian/changelog changelog)
get_property(documents GLOBAL PROPERTY sockwatch_documents)
add_custom_target(package_documents ALL DEPENDS ${documents})

install(TARGETS sockwatch RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
# Under /usr the configuration is in /etc, under any other prefix in its own etc; the unit says where both are.
install(CODE "
  set(source \"${CMAKE_SOURCE_DIR}/config\")
  set(made \"${CMAKE_BINARY_DIR}/package/sockwatch.service\")
  set(program \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_SBINDIR}/sockwatch\")
  set(etc \"\${CMAKE_INSTALL_PREFIX}/etc\")
  if(CMAKE_INSTALL_PREFIX MATCHES \"^/(usr/?)?$\")
    set(etc /etc)
  endif()
  file(READ \"\${source}/systemd/sockwatch.service\" unit)
  string(REPLACE /usr/sbin/sockwatch \"\${program}\" unit \"\${unit}\")
  string(REPLACE /etc/sockwatch \"\${etc}/sockwatch\" unit \"\${unit}\")
  string(REPLACE /etc/default \"\${etc}/default\" unit \"\${unit}\")
  file(WRITE \"\${made}\" \"\${unit}\")
  file(INSTALL \"\${made}\" DESTINATION \"\${CMAKE_INSTALL_PREFIX}/lib/systemd/system\")
  file(INSTALL \"\${source}/sockwatch.yml\" DESTINATION \"\${etc}/sockwatch\")
  file(INSTALL \"\${source}/systemd/sockwatch.default\" DESTINATION \"\${etc}/default\" RENAME sockwatch)
")
install(FILES ${CMAKE_BINARY_DIR}/package/sockwatch.8.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(FILES packaging/sockwatch.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME sockwatch)
install(FILES README.md packaging/debian/copyright ${CMAKE_BINARY_DIR}/package/changelog.gz DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs FILES_MATCHING PATTERN "*.md")
install(DIRECTORY dashboards config/rules DESTINATION ${CMAKE_INSTALL_DATADIR}/sockwatch FILES_MATCHING PATTERN "*.json" PATTERN "*.yml")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME sockwatch)
set(CPACK_PACKAGE_CONTACT "The sockwatch authors <sockwatch@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "observes a host's HTTP services, databases and caches")
set(CPACK_PACKAGE_DESCRIPTION "Sees every HTTP/1 service on a Linux host through eBPF, with no change to any\nservice, and serves Prometheus metrics: requests, errors and durations,\nconnection pools of databases and hits of caches.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS adduser)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${CMAKE_SOURCE_DIR}/packaging/debian/conffiles ${CMAKE_SOURCE_DIR}/packaging/debian/postinst
  ${CMAKE_SOURCE_DIR}/packaging/debian/prerm ${CMAKE_SOURCE_DIR}/packaging/debian/postrm)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
include(CPack)
