// Label text of the exposition format, rendered once a series.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "aggregation/snapshot.h"

namespace sockwatch {

struct Label {
  std::string_view name;
  std::string_view value;
};

/// `a="1",b="x\"y"`, without braces.
LabelText render_labels(std::initializer_list<Label> labels);

}  // namespace sockwatch
