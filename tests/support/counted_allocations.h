// Counts every allocation of the program that it is linked into.
#pragma once

#include <cstddef>

namespace sockwatch {

/// How often operator new has been called.
size_t counted_allocations();

}  // namespace sockwatch
