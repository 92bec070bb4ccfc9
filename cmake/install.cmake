# SPDX-License-Identifier: MIT
# Headers, both libraries, goro.pc and the CMake package; the same of the component tls. Nothing that is installed knows an
# absolute path, so that the tree can be moved afterwards.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/goro)
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
set(libraries goro_static)
if(BUILD_SHARED_LIBS)
  list(APPEND libraries goro_shared)
endif()

install(TARGETS ${libraries} EXPORT goroTargets)
install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp" PATTERN "tls.h" EXCLUDE)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

file(RELATIVE_PATH pc_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
file(RELATIVE_PATH pc_libdir ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_LIBDIR})
file(RELATIVE_PATH pc_includedir ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
string(REGEX REPLACE "/$" "" pc_prefix ${pc_prefix})
list(TRANSFORM CMAKE_DL_LIBS PREPEND " -l" OUTPUT_VARIABLE pc_dl_libs)
# What a program that links everything statically takes; where libuv has its archive under the
# shared library's name, there is no module of this one.
pkg_check_modules(libuv_static QUIET libuv-static)
if(libuv_static_FOUND)
  set(pc_libuv libuv-static)
else()
  set(pc_libuv libuv)
endif()
configure_file(cmake/goro.pc.in goro.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/goro.pc DESTINATION ${pkgconfig_dir})

configure_package_config_file(cmake/goroConfig.cmake.in goroConfig.cmake
  INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(goroConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(EXPORT goroTargets NAMESPACE goro:: DESTINATION ${package_dir})
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/goroConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/goroConfigVersion.cmake DESTINATION ${package_dir})

# The component tls: its header, both libraries, goro-tls.pc; find_package(goro COMPONENTS tls).
if(TARGET goro_tls_static)
  set(libraries goro_tls_static)
  if(BUILD_SHARED_LIBS)
    list(APPEND libraries goro_tls_shared)
  endif()
  install(TARGETS ${libraries} EXPORT goroTlsTargets)
  install(FILES include/goro/tls.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/goro)
  configure_file(cmake/goro-tls.pc.in goro-tls.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/goro-tls.pc DESTINATION ${pkgconfig_dir})
  install(EXPORT goroTlsTargets NAMESPACE goro:: DESTINATION ${package_dir})
endif()
