// Kernel records -> SocketEvent and SocketInfo.
#pragma once

#include <cstddef>

#include "records.h"
#include "stream/socket_event.h"
#include "stream/socket_info.h"

namespace sockwatch {

/// False for a record that is none: too short for what it says it holds.
bool to_event(const void* record, size_t size, SocketEvent& event);
SocketInfo to_info(const sw_socket_entry& entry);

}  // namespace sockwatch
