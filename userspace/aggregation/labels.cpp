#include "aggregation/labels.h"

namespace sockwatch {

LabelText render_labels(std::initializer_list<Label> labels) {
  std::string text;
  for (const Label& label : labels) {
    if (!text.empty()) text += ',';
    text += label.name;
    text += "=\"";
    for (char c : label.value) {
      if (c == '\\' || c == '"') text += '\\';
      if (c == '\n') {
        text += "\\n";
      } else {
        text += c;
      }
    }
    text += '"';
  }
  return std::make_shared<const std::string>(std::move(text));
}

}  // namespace sockwatch
