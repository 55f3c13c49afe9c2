// Tells the service manager that started us how we are: systemd's notification protocol.
#pragma once

#include <string_view>

namespace sockwatch {

/// Sends one state ("READY=1", "STOPPING=1") to the socket that NOTIFY_SOCKET names. Nothing happens where there is none.
void notify_service_manager(std::string_view state);

}  // namespace sockwatch
