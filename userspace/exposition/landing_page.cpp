#include "exposition/landing_page.h"

namespace sockwatch {
namespace {

constexpr std::string_view kStyle = R"css(
:root{color-scheme:light dark;--paper:#f7f8fa;--card:#fff;--ink:#1c2330;--soft:#566072;--line:#dfe3ea;--link:#0b5fb3}
@media (prefers-color-scheme:dark){
:root{--paper:#11151c;--card:#1a202a;--ink:#e8ecf3;--soft:#a3adbd;--line:#2c3542;--link:#7db9f5}
}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--paper);color:var(--ink);font:1rem/1.6 system-ui,sans-serif}
main{width:100%;max-width:36rem;padding:2.25rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem}
h1{margin:0;font-size:1.75rem;line-height:1.2;letter-spacing:-.01em}
h1 small{margin-left:.4rem;font-size:.9rem;font-weight:400;letter-spacing:0;color:var(--soft)}
p{margin:1rem 0 1.5rem;color:var(--soft)}
ul{margin:0;padding:0;list-style:none;border-top:1px solid var(--line)}
li{display:flex;flex-wrap:wrap;gap:.25rem 1rem;align-items:baseline;padding:.65rem 0;border-bottom:1px solid var(--line)}
li:last-child{padding-bottom:0;border-bottom:0}
a{flex:0 0 9rem;color:var(--link);font-family:ui-monospace,monospace;overflow-wrap:anywhere}
a:focus-visible{outline:2px solid var(--link);outline-offset:3px;border-radius:2px}
span{flex:1 1 12rem;color:var(--soft)}
)css";

constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'sha256-713DI//wG1KeIsicZNs2bGTXoYj1IOg+CXI+NhCjAhY='; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

void append_link(std::string& out, std::string_view path, std::string_view what) {
  const std::string safe = escaped(path);
  out += "<li><a href=\"" + safe + "\">" + safe + "</a> <span>";
  out += what;
  out += "</span></li>\n";
}

}  // namespace

std::string_view landing_page_policy() { return kPolicy; }

std::string_view landing_page_style() { return kStyle; }

std::string landing_page(std::string_view telemetry_path) {
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"description\" content=\"Prometheus metrics of the HTTP services, databases and caches on this host\">\n"
      "<title>sockwatch</title>\n<style>";
  out += kStyle;
  out +=
      "</style>\n</head>\n<body>\n<main>\n"
      "<h1>sockwatch <small>" SOCKWATCH_VERSION
      "</small></h1>\n"
      "<p>Watches the HTTP services, databases and caches on this host from the kernel&rsquo;s socket layer. None is "
      "changed or restarted. Point a Prometheus scrape job at the metrics below.</p>\n<ul>\n";
  append_link(out, telemetry_path, "Metrics for Prometheus");
  append_link(out, "/-/healthy", "Whether the agent runs");
  append_link(out, "/-/ready", "Whether it watches yet");
  out += "</ul>\n</main>\n</body>\n</html>\n";
  return out;
}

}  // namespace sockwatch
