// The page at "/": what this is and where the metrics are. One file, nothing loaded, no script.
#pragma once

#include <string>
#include <string_view>

namespace sockwatch {

/// Content-Security-Policy for the page: nothing but its own style sheet, named by its hash.
std::string_view landing_page_policy();

/// The style sheet as it stands between the page's <style> tags: what the policy's hash is of.
std::string_view landing_page_style();

std::string landing_page(std::string_view telemetry_path);

}  // namespace sockwatch
