"""The real servers, each with a page at /alpha.html and at /beta.html, and none at /missing.html."""

import glob
import os

PATHS = ["/alpha.html", "/beta.html", "/missing.html"]
WSGI = "def app(env, start):\n    ok = 'missing' not in env['PATH_INFO']\n" \
       "    start('200 OK' if ok else '404 Not Found', [('Content-Length', '5')])\n    return [b'hello']\n"
ASGI = "async def app(scope, receive, send):\n    code = 404 if 'missing' in scope['path'] else 200\n" \
       "    await send({'type': 'http.response.start', 'status': code, 'headers': []})\n" \
       "    await send({'type': 'http.response.body', 'body': b'hello'})\n"
AIOHTTP = "from aiohttp import web\nimport sys\nasync def h(r):\n    return web.Response(text='hello', status=404 if 'missing' in r.path else 200)\n" \
          "a = web.Application()\na.router.add_route('*', '/{p:.*}', h)\nweb.run_app(a, host='127.0.0.1', port=int(sys.argv[1]))\n"
NODE = "require('http').createServer((q, s) => { s.statusCode = q.url.includes('missing') ? 404 : 200; s.end('hello') })" \
       ".listen(+process.argv[2], '127.0.0.1')\n"
GO = 'package main\nimport ("net/http"; "os"; "strings")\nfunc main() { http.ListenAndServe("127.0.0.1:"+os.Args[1], ' \
     'http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { if strings.Contains(r.URL.Path, "missing") ' \
     '{ w.WriteHeader(404) }; w.Write([]byte("hello")) })) }\n'
JAVA = 'import com.sun.net.httpserver.*; import java.net.*; class Shop { public static void main(String[] a) throws Exception {' \
       ' var s = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(a[0])), 0); s.createContext("/", e -> {' \
       ' int c = e.getRequestURI().getPath().contains("missing") ? 404 : 200; e.sendResponseHeaders(c, 5);' \
       ' e.getResponseBody().write("hello".getBytes()); e.close(); }); s.start(); } }\n'


PHP = "<?php http_response_code(str_contains($_SERVER['REQUEST_URI'], 'missing') ? 404 : 200);" \
      " if ($_SERVER['REQUEST_METHOD'] !== 'HEAD') echo 'hello';\n"
RACK = "run ->(env) { [env['PATH_INFO'].include?('missing') ? 404 : 200, {'Content-Type' => 'text/plain'}, ['hello']] }\n"
WEBRICK = "require 'webrick'\ns = WEBrick::HTTPServer.new(Port: ARGV[0].to_i, BindAddress: '127.0.0.1', AccessLog: [])\n" \
          "s.mount_proc('/') { |q, r| r.status = q.path.include?('missing') ? 404 : 200; r.body = 'hello' }\ns.start\n"
PSGI = "sub { my $e = shift; [$e->{PATH_INFO} =~ /missing/ ? 404 : 200, ['Content-Type' => 'text/plain']," \
       " $e->{REQUEST_METHOD} eq 'HEAD' ? [] : ['hello']] };\n"
JETTY = 'import org.eclipse.jetty.server.*; import org.eclipse.jetty.server.handler.*; import javax.servlet.http.*; class Till {' \
        ' public static void main(String[] a) throws Exception { var s = new Server(new java.net.InetSocketAddress("127.0.0.1",' \
        ' Integer.parseInt(a[0]))); s.setHandler(new AbstractHandler() { public void handle(String t, Request b, HttpServletRequest q,' \
        ' HttpServletResponse r) throws java.io.IOException { r.setStatus(t.contains("missing") ? 404 : 200);' \
        ' r.getWriter().print("hello"); b.setHandled(true); } }); s.start(); } }\n'
JARS = "/usr/share/java"


def newest(pattern):
    """The path that fits; the pattern itself, which is not there, where none does."""
    return max(glob.glob(pattern), default=pattern)


PHP_FPM = newest("/usr/sbin/php-fpm*")


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def nginx(folder, port):
    return ["nginx", "-c", write(folder, "nginx.conf", f"""
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 2; events {{}}
http {{ log_format truth '$request_method $uri $status'; access_log {folder}/access.log truth;
  server {{ listen 127.0.0.1:{port}; root {folder}; }} }}""")]


def apache(folder, port):
    modules = "/usr/lib/apache2/modules"
    return ["apache2", "-X", "-f", write(folder, "apache.conf", f"""
ServerRoot {folder}
ServerName localhost
PidFile {folder}/pid
ErrorLog {folder}/error.log
Listen 127.0.0.1:{port}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LogFormat "%m %U %>s" truth
CustomLog {folder}/access.log truth
DocumentRoot {folder}
""")]


def lighttpd(folder, port):
    return ["lighttpd", "-D", "-f", write(folder, "lighttpd.conf", f"""
server.document-root = "{folder}"
server.port = {port}
server.bind = "127.0.0.1"
server.modules = ( "mod_accesslog" )
accesslog.filename = "{folder}/access.log"
accesslog.format = "%m %U %>s"
""")]


def php_fpm(folder, port):
    """nginx before it, by FastCGI over a socket with a path: of FastCGI nothing is to be counted."""
    write(folder, "index.php", PHP)
    pool = write(folder, "fpm.conf", f"""
[global]
error_log = {folder}/fpm.log
daemonize = no
[shop]
listen = {folder}/fpm.sock
listen.mode = 0666
user = www-data
pm = static
pm.max_children = 2
""")
    config = write(folder, "nginx.conf", f"""
daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}
http {{ log_format truth '$request_method $uri $status'; access_log {folder}/access.log truth;
  server {{ listen 127.0.0.1:{port};
    location / {{ fastcgi_pass unix:{folder}/fpm.sock; fastcgi_param SCRIPT_FILENAME {folder}/index.php;
      fastcgi_param REQUEST_METHOD $request_method; fastcgi_param REQUEST_URI $request_uri; }} }} }}""")
    return ["sh", "-c", f"{PHP_FPM} -R -y {pool} & exec nginx -c {config}"]


def jetty(folder, port):
    names = ("jetty9-server", "jetty9-http", "jetty9-io", "jetty9-util", "servlet-api")
    jars = [os.path.join(JARS, name + ".jar") for name in names]
    return ["java", "-cp", ":".join(jars), write(folder, "Till.java", JETTY), str(port)]


def haproxy(folder, port):
    return ["haproxy", "-db", "-f", write(folder, "haproxy.cfg", f"""
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend shop
  bind 127.0.0.1:{port}
  http-request return status 404 content-type text/plain string none if {{ path_beg /missing }}
  http-request return status 200 content-type text/plain string hello
""")]


# What must be there, and the command; one that keeps an access log writes "METHOD PATH STATUS" to access.log.
SERVERS = {
    "nginx": ("nginx", nginx),
    "apache": ("apache2", apache),
    "lighttpd": ("lighttpd", lighttpd),
    "php-fpm": (PHP_FPM, php_fpm),
    "php -S": ("php", lambda d, p: ["php", "-S", f"127.0.0.1:{p}", write(d, "router.php", PHP)]),
    "webrick": (newest("/usr/share/rubygems-integration/all/specifications/webrick-*.gemspec"),
                lambda d, p: ["ruby", write(d, "shop.rb", WEBRICK), str(p)]),
    "puma": ("puma", lambda d, p: ["puma", "-b", f"tcp://127.0.0.1:{p}", "-w", "2", write(d, "config.ru", RACK)]),
    "starman": ("starman", lambda d, p: ["starman", "--listen", f"127.0.0.1:{p}", "--workers", "2", write(d, "shop.psgi", PSGI)]),
    "jetty": (f"{JARS}/jetty9-server.jar", jetty),
    "haproxy": ("haproxy", haproxy),
    "http.server": ("/usr/bin/python3", lambda d, p: ["/usr/bin/python3", "-m", "http.server", str(p), "--bind", "127.0.0.1", "-d", d]),
    "gunicorn": ("/usr/bin/gunicorn", lambda d, p: ["/usr/bin/gunicorn", "-w", "2", "-b", f"127.0.0.1:{p}", "--chdir",
                                                     os.path.dirname(write(d, "wsgi.py", WSGI)), "wsgi:app"]),
    "uvicorn": ("/usr/bin/uvicorn", lambda d, p: ["/usr/bin/uvicorn", "--app-dir", os.path.dirname(write(d, "asgi.py", ASGI)),
                                                   "--port", str(p), "asgi:app"]),
    "aiohttp": ("/usr/lib/python3/dist-packages/aiohttp", lambda d, p: ["/usr/bin/python3", write(d, "aio.py", AIOHTTP), str(p)]),
    "node": ("node", lambda d, p: ["node", write(d, "server.js", NODE), str(p)]),
    "go": ("go", lambda d, p: ["go", "run", write(d, "main.go", GO), str(p)]),
    "java": ("java", lambda d, p: ["java", write(d, "Shop.java", JAVA), str(p)]),
}
