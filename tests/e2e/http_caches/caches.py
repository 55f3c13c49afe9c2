"""HTTP caches in front of an origin: how each is configured and started. They tell what they did in X-Cache or Cache-Status."""

import os
import shutil


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def nginx(folder, port, origin):
    return ["nginx", "-c", write(folder, "nginx.conf", f"""
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1; events {{}}
http {{
  access_log off; proxy_cache_path {folder}/cache keys_zone=pages:1m; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://127.0.0.1:{origin}; proxy_cache pages; add_header X-Cache $upstream_cache_status; }}
  }}
}}""")]


def apache(folder, port, origin):
    modules = "/usr/lib/apache2/modules"
    names = ("mpm_event", "authz_core", "proxy", "proxy_http", "cache", "cache_socache", "socache_shmcb")
    loads = "\n".join(f"LoadModule {name}_module {modules}/mod_{name}.so" for name in names)
    return ["apache2", "-X", "-f", write(folder, "apache.conf", f"""
ServerRoot {folder}
ServerName localhost
PidFile {folder}/pid
ErrorLog {folder}/error.log
DefaultRuntimeDir {folder}
Listen 127.0.0.1:{port}
{loads}
CacheSocache shmcb:{folder}/shmcb(512000)
CacheEnable socache /
CacheHeader on
ProxyPass / http://127.0.0.1:{origin}/
""")]


def squid(folder, port, origin):
    return ["squid", "-N", "-f", write(folder, "squid.conf", f"""
http_port 127.0.0.1:{port} accel defaultsite=localhost no-vhost
cache_peer 127.0.0.1 parent {origin} 0 no-query originserver no-digest
http_access allow all
cache_mem 8 MB
access_log none
cache_log {folder}/cache.log
pid_filename {folder}/pid
coredump_dir {folder}
visible_hostname edge
pinger_enable off
shutdown_lifetime 0 seconds
""")]


CACHES = {"nginx": ("nginx", nginx), "apache": ("apache2", apache), "squid": ("squid", squid)}


def installed(name):
    return shutil.which(CACHES[name][0]) is not None
