#include "seed_texts.h"

namespace sockwatch {

std::vector<SeedText> seed_texts() {
  return {
      {"request_head", "prometheus",
       "\x05GET /metrics HTTP/1.1\r\nHost: a:9765\r\nUser-Agent: Prometheus/2.42\r\nAccept: application/openmetrics-text;version=1.0.0;"
       "q=0.5,text/plain;q=0.2,*/*;q=0.1\r\nAccept-Encoding: gzip\r\nX-Prometheus-Scrape-Timeout-Seconds: 10\r\n\r\n"},
      {"request_head", "pipelined",
       "\x10GET / HTTP/1.1\r\n\r\n\r\nHEAD http://a/-/healthy?x HTTP/1.1\nAuthorization: Basic YTpi\n\nPOST /-/reload HTTP/1.1\r\n"
       "Content-Length: 0\r\n\r\nGET /metrics HTTP/1.0\r\nConnection: close, x\r\n\r\n"},
      {"request_head", "smuggled",
       "\x01GET / HTTP/1.1\r\nContent-Length: 35\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n"},
      {"request_head", "refused", "\x02" "DELETE /metrics HTTP/1.1\r\nA: b\r\n\r\nGET / HTTP/2.0\r\n\r\n"},
      {"config", "every_key", R"(attribution:
  rules:
    - service: shop
      exe: /usr/bin/python3*
      args: "*shop*"
      container_label: "a=b*"
    - service: billing
      ports: [8080, 8443]
  service_env: [OTEL_SERVICE_NAME]
  docker_socket: ""
filter:
  include: {services: ["a*"], ports: [80], cgroups: ["/x/*"]}
  exclude: {services: [b]}
routes:
  patterns: ["/users/{user}/orders/*"]
  max_nodes: 100
metrics:
  buckets: [0.001, 0.1, 1]
  max_series: 10
  max_services: 3
  expire_after: 1h30m
  naming: both
  labels: {cluster: one}
capture:
  ring_bytes: 4MiB
  max_connections: 1000
web:
  listen_address: "[::1]:9765"
  telemetry_path: /metrics
  allowed_clients: [10.0.0.0/8, "fd00::/8"]
  max_requests: 40
  enable_lifecycle: true
log: {level: info, format: json}
)"},
      {"config", "odd_yaml", "a: &a [*a]\n? {b: c}\n: !!binary aGk=\n<<: *a\n--- |\n  x\n...\n"},
      {"web_config", "every_key", R"(tls_server_config:
  cert_file: tls/server.crt
  key: |
    PEM
  client_ca_file: ca
  client_auth_type: RequireAndVerifyClientCert
  client_allowed_sans: [a.example, 192.0.2.1]
  min_version: TLS12
  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]
  curve_preferences: [X25519, CurveP256]
http_server_config:
  http2: false
  headers:
    Strict-Transport-Security: max-age=1
    X-Content-Type-Options: nosniff
    Content-Security-Policy: default-src 'none'
basic_auth_users:
  alice: $2y$10$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
)"},
      {"sql", "statements",
       "/* a /* b */ */ (select 1); -- c\nINSERT INTO t VALUES ('a''b;\\'', $x$;$x$, \"y\"); /*!40101 SET a = 1 */;BEGIN;;with a as (values (1)) "
       "update t set a = `b;` # c\n"},
      {"header_fields", "fields",
       "0\"a b\"; hit; ttl=3, c; fwd=miss\n1HIT\n2MISS from a, HIT\n3 10\n400-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n"
       "5a0af7651916cd43dd-1-1\n6463ac35c9f6413ad48485a3953bb6124\n"},
      {"header_fields", "credentials",
       "GET / HTTP/1.1\r\nAuthorization: Basic YTpi\r\nCookie : a=b;\r\n c=d\r\nX: y\r\nset-cookie:z\nProxy-Authorization:\r\n\r\nbody"},
      {"labels", "python", "/usr/bin/python3.11\n/usr/bin/python3 -u /srv/shop/app.py --port 80\n0::/system.slice/docker-"
       "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope\n/users/42/orders/0af76519-16cd-43dd-8448-eb211c80319c?q=1\n"
       "http://a/b;c/%20/..//x#y\n*\n/a/b/c/\n"},
      {"labels", "java", "/usr/lib/jvm/bin/java\njava -Xmx1g -cp a.jar:b.jar com.example.Main -jar x\n1:name=systemd:/user.slice/shop@1.service\n/\n"},
      {"labels", "gunicorn", "/usr/bin/python3\ngunicorn: master [shop.wsgi:app]\n0::/kubepods.slice/pod1/"
       "cri-containerd-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope\n/a%ff\xff\n"},
  };
}

}  // namespace sockwatch
