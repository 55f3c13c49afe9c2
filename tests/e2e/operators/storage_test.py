"""Federation and remote write, as config/prometheus.yml has them, between two real Prometheus servers."""

import argparse
import http.server
import os
import shutil
import sys
import threading
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..", "..")
sys.path[:0] = [os.path.join(HERE, "..", "..", "support"), os.path.join(HERE, "..", "prometheus")]
from agent import Agent, wait_until  # noqa: E402
from prometheus import Prometheus  # noqa: E402


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--agent", required=True)
    options = parser.parse_args()
    if not shutil.which("prometheus"):
        print("skipped: Prometheus is not installed")
        return 77
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    rules = os.path.realpath(os.path.join(ROOT, "config", "rules", "recording.yml"))
    # The store scrapes nothing of the agent (there is nobody at port 1): the same series from two sides would be out of order.
    with Agent(options.agent) as agent, Prometheus(1, "--web.enable-remote-write-receiver") as store:
        write = f"rule_files: ['{rules}']\nremote_write: [{{url: 'http://127.0.0.1:{store.port}/api/v1/write'}}]\n"
        with Prometheus(agent.port, more=write) as site:
            federate = (f"  - {{job_name: federate, honor_labels: true, metrics_path: /federate, params: {{'match[]': ['{{__name__=~\"[a-z_]+:.+\"}}']}}, "
                        f"static_configs: [{{targets: ['127.0.0.1:{site.port}']}}]}}\n")
            with Prometheus(agent.port, scrapes=federate) as above:
                def traffic():
                    urllib.request.urlopen(f"http://127.0.0.1:{server.server_address[1]}/", timeout=5).read()
                    return True

                def written():
                    traffic()
                    return store.query('count({__name__="http_requests_total"})') and store.query("service:http_requests:rate5m > 0")

                def federated():
                    traffic()
                    return above.query("service:http_requests:rate5m > 0")
                found = wait_until(written, "the rules' series to arrive by remote write", 120)
                print(f"right: remote write: {found}")
                found = wait_until(federated, "the rules' series to be federated", 60)
                print(f"right: federation: {found}")
    server.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
