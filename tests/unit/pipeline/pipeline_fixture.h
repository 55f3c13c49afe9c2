// A pipeline, and what it is told of connections.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/pipeline.h"

namespace sockwatch {

constexpr uint64_t kMs = 1'000'000;

class PipelineTest : public testing::Test {
 protected:
  void start(const Config& config = {}) {
    offsets_.clear();
    pipeline_ = std::make_unique<Pipeline>(config);
    observe();
  }
  void start_live(const Config& config = {}) {
    offsets_.clear();
    seen_.clear();
    pipeline_ = std::make_unique<Pipeline>(config, SocketAdvice{.ignore = [this](SocketId socket) { ignored_.push_back(socket); },
                                                                .postpone = [this](SocketId socket) { postponed_.push_back(socket); },
                                                                .make_room = [this] { ++rooms_; }});
    observe();
  }

  SocketEvent event_of(SocketId socket, SocketEvent::Kind kind) {
    SocketEvent event;
    event.socket = socket;
    event.kind = kind;
    event.ts_ns = now_ns_ += kMs;
    return event;
  }
  static Open between(const char* local, const char* remote, const char* service) {
    Open open;
    open.local = parse_endpoint(local);
    open.remote = parse_endpoint(remote);
    open.service = service;
    return open;
  }
  void open(SocketId socket, const Open& open = {}) {
    SocketEvent event = event_of(socket, SocketEvent::Kind::open);
    event.open = open;
    pipeline_->on_event(event);
  }
  /// Bytes where the last ones of the direction ended.
  void say(SocketId socket, Direction direction, std::string_view bytes) {
    uint64_t& offset = offsets_[{socket, direction}];
    segment(socket, direction, offset, bytes.size(), bytes);
    offset += bytes.size();
  }
  void segment(SocketId socket, Direction direction, uint64_t offset, uint64_t length, std::string_view bytes,
               Hidden hidden = Hidden::none, std::string_view tail = {}) {
    SocketEvent event = event_of(socket, SocketEvent::Kind::segment);
    event.segment.direction = direction;
    event.segment.offset = offset;
    event.segment.length = length;
    event.segment.hidden = hidden;
    event.segment.data = {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
    event.segment.tail = {reinterpret_cast<const uint8_t*>(tail.data()), tail.size()};
    pipeline_->on_event(event);
  }
  void close(SocketId socket, uint64_t recv_end = 0, uint64_t send_end = 0) {
    SocketEvent event = event_of(socket, SocketEvent::Kind::close);
    event.close.end[0] = recv_end;
    event.close.end[1] = send_end;
    pipeline_->on_event(event);
  }
  /// A server's exchange.
  void serve(SocketId socket, const std::string& path) {
    say(socket, Direction::recv, "GET " + path + " HTTP/1.1\r\n\r\n");
    say(socket, Direction::send, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  }
  SelfMetrics self() {
    SelfMetrics self;
    pipeline_->fill(self);
    return self;
  }

  std::unique_ptr<Pipeline> pipeline_;
  std::vector<std::string> seen_;  ///< "1 server shop peer GET /a /a 200"
  std::vector<SocketId> ignored_;
  std::vector<SocketId> postponed_;
  int rooms_ = 0;
  uint64_t now_ns_ = 0;

 private:
  void observe() {
    pipeline_->set_observer([this](const ObservedTransaction& o) {
      const Transaction& t = o.transaction;
      seen_.push_back(std::to_string(o.socket) + " " + std::string(to_string(t.role)) + " " +
                      std::string(o.service) + " " + std::string(o.peer) + " " + std::string(t.method) + " " +
                      std::string(t.target) + " " + std::string(o.path) + " " + t.status.text());
    });
  }
  std::map<std::pair<SocketId, Direction>, uint64_t> offsets_;
};

using Lines = std::vector<std::string>;

}  // namespace sockwatch
