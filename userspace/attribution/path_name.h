// What a path tells of who somebody is. Pure.
#pragma once

#include <string>
#include <string_view>

namespace sockwatch {

/// The last component of a path, without "/" at its end and without a " (deleted)" mark.
std::string_view base_name(std::string_view path);
/// `name` without a known extension of a script or a program (".py", ".js", ".jar", ...).
std::string_view without_extension(std::string_view name);
/// Files and modules of this name are everybody's: "main", "server", "app".
bool is_generic_file(std::string_view name);

/// The name of a file that somebody calls by a generic name is that of the nearest folder that says something:
/// "/srv/shop/src/index.js" -> "shop". Its own name otherwise: "orders.py" -> "orders". What belongs to packages that an application
/// depends on (node_modules, vendor) is the application: "/srv/shop/node_modules/.bin/next" -> "shop". A relative path begins in
/// `folder` (empty: not known). Empty: nothing tells.
std::string telling_name(std::string_view path, std::string_view folder);
/// The name of a folder, or of the nearest one above it that says something. Empty: none does.
std::string telling_folder(std::string_view folder);

}  // namespace sockwatch
