// The capabilities of this process (capabilities(7)): to give up those that a start needs and the running agent does not.
#pragma once

#include <initializer_list>

#include "util/result.h"

namespace sockwatch {

/// Gives up every capability but those of `kept` that it has, for good: no program that is executed gets any back either.
/// For the calling thread and those that it starts later.
Result<> keep_capabilities(std::initializer_list<int> kept);

}  // namespace sockwatch
