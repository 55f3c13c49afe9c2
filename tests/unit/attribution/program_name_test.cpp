#include "attribution/program_name.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sockwatch {
namespace {

struct Case {
  const char* executable;
  std::vector<const char*> arguments;
  const char* name;
  const char* folder = "";
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.executable << ":";
  for (const char* argument : c.arguments) *out << ' ' << argument;
}

class ProgramName : public testing::TestWithParam<Case> {};

TEST_P(ProgramName, Is) {
  std::string text;
  for (const char* argument : GetParam().arguments) text.append(argument).push_back('\0');
  const Arguments arguments = split_command_line(text);
  const Program program{.executable = GetParam().executable, .called_by = "", .arguments = arguments, .folder = GetParam().folder};
  const std::string runs = what_it_runs(program);
  EXPECT_EQ(runs.empty() ? executable_name(program) : runs, GetParam().name);
}

constexpr const char* kPython = "/usr/bin/python3.11";
constexpr const char* kNode = "/usr/bin/node";
constexpr const char* kJava = "/usr/lib/jvm/java-17-openjdk-amd64/bin/java";
constexpr const char* kPerl = "/usr/bin/perl";
constexpr const char* kRuby = "/usr/bin/ruby3.1";
constexpr const char* kBash = "/usr/bin/bash";
constexpr const char* kPhp = "/usr/bin/php8.2";

INSTANTIATE_TEST_SUITE_P(
    Executables, ProgramName,
    testing::Values(
        Case{"/usr/sbin/nginx", {"nginx: worker process"}, "nginx"},
        Case{"/usr/sbin/nginx", {"nginx: master process nginx -g daemon off;"}, "nginx"},
        Case{"/usr/lib/postgresql/15/bin/postgres", {"postgres: app shop 10.0.0.1(5432) idle"}, "postgres"},
        Case{"/srv/shop (deleted)", {"./shop"}, "shop"},
        Case{"/usr/bin/pythonista", {"x", "y.py"}, "pythonista"},
        Case{"/memfd:shop (deleted)", {"shop"}, "memfd:shop"}, Case{"", {"anything"}, ""},
        Case{"/usr/bin/node_exporter", {"node_exporter", "server.js"}, "node_exporter"},
        Case{"/usr/bin/shell", {"x", "y.sh"}, "shell"}));

INSTANTIATE_TEST_SUITE_P(
    Python, ProgramName,
    testing::Values(Case{kPython, {"python3", "app.py"}, "app"},
                    Case{kPython, {"python3", "/srv/shop/orders.py", "--port=1"}, "orders"},
                    Case{kPython, {"python3", "/srv/shop/app.py"}, "shop"},
                    Case{kPython, {"python3", "/srv/shop/src/main.py"}, "shop"},
                    Case{kPython, {"python3", "/srv/shop/releases/20240102/manage.py", "runserver"}, "shop"},
                    Case{kPython, {"python3", "/home/alice/app.py"}, "app"},         // not alice
                    Case{kPython, {"python3", "/tmp/tmpx7a1/server.py"}, "server"},  // nor a random folder
                    Case{kPython, {"python3", "/home/alice/shop/app.py"}, "shop"},
                    Case{kPython, {"python3", "manage.py", "runserver"}, "manage"},
                    Case{kPython, {"python3", "/srv/shop/"}, "shop"},
                    Case{kPython, {"python3", "."}, "python3.11"},
                    Case{kPython, {"python3", "-u", "-X", "dev", "-Wdefault", "shop.py"}, "shop"},
                    Case{kPython, {"python3", "-m", "http.server", "8000"}, "http.server"},
                    Case{kPython, {"python3", "-mhttp.server"}, "http.server"},
                    Case{kPython, {"python3", "-um", "shop.api"}, "shop.api"},
                    Case{kPython, {"python3", "-m", "shop.__main__"}, "shop"},
                    Case{kPython, {"python3", "-m"}, "python3.11"},
                    Case{kPython, {"python3", "-c", "import this"}, "python3.11"},
                    Case{kPython, {"python3", "-"}, "python3.11"}, Case{kPython, {"python3"}, "python3.11"},
                    Case{kPython, {}, "python3.11"}, Case{kPython, {"python3", "--", "-odd.py"}, "-odd"},
                    Case{"/usr/bin/pypy3", {"pypy3", "shop.py"}, "shop"},
                    Case{kPython, {"python3", "--check-hash-based-pycs", "never", "shop.py"}, "shop"}));

INSTANTIATE_TEST_SUITE_P(
    PythonLaunchers, ProgramName,
    testing::Values(
        Case{kPython,
             {"/usr/bin/python3", "/usr/bin/gunicorn", "-w", "4", "-b", "0.0.0.0:80", "shop.wsgi:app"},
             "shop"},
        Case{kPython, {"python3", "/usr/bin/gunicorn", "shop.wsgi", "-b", ":80"}, "shop"},
        Case{kPython, {"python3", "/usr/bin/gunicorn", "-b", "localhost:8000", "mysite.wsgi"}, "mysite"},
        Case{kPython,
             {"python3", "/usr/bin/gunicorn", "-c", "python:conf.gunicorn", "shop:create_app()"},
             "shop"},
        Case{kPython, {"python3", "/usr/bin/gunicorn", "--preload", "shop:app"}, "shop"},
        Case{kPython, {"python3", "/usr/bin/gunicorn", "-c", "/etc/g.py"}, "gunicorn"},
        Case{kPython,
             {"python3", "/usr/bin/gunicorn", "-k", "uvicorn.workers.UvicornWorker", "shop.main:app"},
             "shop"},
        Case{kPython, {"python3", "/usr/bin/uvicorn", "main:app", "--host", "0.0.0.0"}, "main"},
        Case{kPython,
             {"python3", "/usr/bin/uvicorn", "--factory", "shop.api.main:make", "--port", "80"},
             "shop.api"},
        Case{kPython, {"python3", "-m", "uvicorn", "shop.asgi:app"}, "shop"},
        Case{kPython, {"python3", "-m", "flask", "--app", "shop", "run"}, "shop"},
        Case{kPython, {"python3", "/usr/bin/flask", "--app=/srv/shop/orders.py", "run"}, "orders"},
        Case{kPython, {"python3", "/usr/bin/flask", "run"}, "flask"},
        Case{kPython, {"python3", "/usr/bin/celery", "-A", "shop.tasks", "worker"}, "shop.tasks"},
        Case{kPython, {"gunicorn: master [shop.wsgi:app]"}, "shop"},
        Case{kPython, {"gunicorn: worker [shop.wsgi:app]"}, "shop"},
        Case{kPython, {"gunicorn: worker [my shop]"}, "my shop"},
        Case{kPython, {"gunicorn: worker []"}, "gunicorn"}, Case{kPython, {"gunicorn: worker"}, "gunicorn"},
        Case{kPython, {"sshd: somebody [priv]"}, "python3.11"}));

INSTANTIATE_TEST_SUITE_P(
    Node, ProgramName,
    testing::Values(Case{kNode, {"node", "server.js"}, "server"},
                    Case{kNode, {"node", "/srv/shop/dist/index.js"}, "shop"},
                    Case{kNode, {"node", "/srv/index.js"}, "index"},
                    Case{kNode, {"node", "--inspect", "orders.mjs"}, "orders"},
                    Case{kNode, {"node", "-r", "dotenv/config", "orders.js"}, "orders"},
                    Case{kNode, {"node", "--require", "./tracing.js", "orders.js"}, "orders"},
                    Case{kNode, {"node", "--require=./tracing.js", "orders.js"}, "orders"},
                    Case{kNode, {"node", "--max-old-space-size=4096", "orders.js"}, "orders"},
                    Case{kNode, {"node", "/srv/shop/node_modules/.bin/next", "start"}, "shop"},
                    Case{kNode, {"node", "-e", "code()"}, "node"},
                    Case{kNode, {"node", "--eval=code()"}, "node"}, Case{kNode, {"node"}, "node"},
                    Case{kNode, {"node /srv/shop/orders.js"}, "orders"},  // pm2's title
                    Case{kNode, {"npm start"}, "node"},
                    Case{kNode, {"PM2 v5.3.0: God Daemon (/root/.pm2)"}, "pm2"}));

INSTANTIATE_TEST_SUITE_P(
    Java, ProgramName,
    testing::Values(
        Case{kJava, {"java", "-Xmx1g", "-jar", "/srv/shop-1.2.jar", "--server.port=80"}, "shop"},
        Case{kJava, {"java", "-jar", "shop-api-2.0.1-SNAPSHOT.jar"}, "shop-api"},
        Case{kJava, {"java", "-jar", "shop-v3.jar"}, "shop"},
        Case{kJava, {"java", "-jar", "shop.jar"}, "shop"},
        Case{kJava, {"java", "-jar", "/srv/shop/target/quarkus-app/quarkus-run.jar"}, "shop"},
        Case{kJava, {"java", "-jar", "/srv/shop/app.jar"}, "shop"},
        Case{kJava, {"java", "-jar", "app.jar"}, "app"}, Case{kJava, {"java", "-jar"}, "java"},
        Case{kJava, {"java", "-cp", "lib/*:.", "-Dx=y", "com.acme.ShopApi", "arg"}, "ShopApi"},
        Case{kJava, {"java", "com.acme.shop.Main"}, "shop"}, Case{kJava, {"java", "Main"}, "Main"},
        Case{
            kJava, {"java", "-classpath", "x", "org.apache.catalina.startup.Bootstrap", "start"}, "catalina"},
        Case{kJava, {"java", "--add-opens", "java.base/java.lang=ALL-UNNAMED", "com.acme.Orders"}, "Orders"},
        Case{kJava, {"java", "-p", "mods", "-m", "acme.shop/com.acme.ShopApi"}, "ShopApi"},
        Case{kJava, {"java", "@args", "com.acme.Orders"}, "Orders"},
        Case{kJava, {"java", "/srv/Shop.java"}, "Shop"}, Case{kJava, {"java", "-version"}, "java"},
        Case{kJava, {"java"}, "java"}));

INSTANTIATE_TEST_SUITE_P(
    Others, ProgramName,
    testing::Values(
        Case{kRuby, {"ruby", "shop.rb"}, "shop"},
        Case{kRuby, {"ruby", "-I", "lib", "-W0", "shop.rb"}, "shop"},
        Case{kRuby, {"ruby", "/srv/shop/bin/rails", "server"}, "shop"},
        Case{kRuby, {"ruby", "bin/rails", "s"}, "rails"}, Case{kRuby, {"ruby", "-e", "code"}, "ruby3.1"},
        Case{kRuby, {"ruby", "/usr/bin/puma", "-p", "80"}, "puma"},
        Case{kRuby, {"puma 5.6.5 (tcp://0.0.0.0:9292) [shop]"}, "shop"},
        Case{kRuby, {"puma: cluster worker 0: 4711 [shop]"}, "shop"},
        Case{kRuby, {"unicorn master -c config/unicorn.rb"}, "unicorn"},
        Case{kRuby, {"sidekiq 6.5.8 shop [0 of 5 busy]"}, "shop"},
        Case{kPerl, {"perl", "-w", "-Ilib", "-MCarp", "shop.pl"}, "shop"},
        Case{kPerl, {"perl", "-lne", "print"}, "perl"}, Case{kPerl, {"perl", "-i.bak", "shop.pl"}, "shop"},
        Case{kPerl, {"/usr/bin/perl", "/usr/bin/starman", "--listen", ":80", "shop.psgi"}, "shop"},
        Case{kPerl, {"starman worker --listen :80 shop.psgi"}, "shop"},
        Case{kPerl, {"starman master"}, "starman"},
        Case{kPerl, {"/usr/bin/perl", "/usr/bin/starman"}, "starman"},
        Case{kPhp, {"php", "-d", "x=1", "/srv/shop/artisan", "serve"}, "shop"},
        Case{kPhp, {"php", "-S", "0.0.0.0:80", "-t", "public"}, "php8.2"},
        Case{kPhp, {"php", "-S", "0.0.0.0:80", "router.php"}, "router"},
        Case{kPhp, {"php", "-f", "shop.php"}, "shop"}, Case{kPhp, {"php", "-r", "code();"}, "php8.2"},
        Case{"/usr/sbin/php-fpm8.2", {"php-fpm: pool shop"}, "shop"},
        Case{"/usr/sbin/php-fpm8.2", {"php-fpm: pool www"}, "php-fpm8.2"},
        Case{"/usr/sbin/php-fpm8.2",
             {"php-fpm: master process (/etc/php/8.2/fpm/php-fpm.conf)"},
             "php-fpm8.2"},
        Case{"/usr/bin/dotnet", {"dotnet", "/srv/Shop.Api.dll", "--urls", "x"}, "Shop.Api"},
        Case{"/usr/bin/dotnet", {"dotnet", "exec", "Shop.dll"}, "Shop"},
        Case{"/usr/bin/dotnet", {"dotnet", "run"}, "dotnet"}, Case{kBash, {"/bin/bash", "./shop.sh"}, "shop"},
        Case{kBash, {"bash", "-eu", "-o", "pipefail", "shop.sh"}, "shop"},
        Case{kBash, {"bash", "--rcfile", "x", "shop.sh"}, "shop"},
        Case{kBash, {"bash", "-c", "serve"}, "bash"}, Case{kBash, {"-bash"}, "bash"},
        Case{kBash, {"bash", "/dev/fd/63"}, "bash"},
        Case{"/usr/bin/dash", {"sh", "/usr/local/bin/shop"}, "shop"},
        Case{"/usr/bin/dash", {"sh", "+e", "shop.sh"}, "shop"}));

constexpr const char* kBun = "/usr/bin/bun";
constexpr const char* kDeno = "/usr/bin/deno";

INSTANTIATE_TEST_SUITE_P(
    OptionsWithAValue, ProgramName,
    testing::Values(
        Case{kNode, {"node", "--env-file", ".env", "/srv/shop/server.js"}, "shop"},
        Case{kNode, {"node", "--watch-path", "./src", "orders.js"}, "orders"},
        Case{kNode, {"node", "--test-reporter", "spec", "orders.js"}, "orders"},
        Case{kNode, {"node", "--inspect", "orders.js"}, "orders"}, Case{kNode, {"node", "inspect", "orders.js"}, "orders"},
        Case{kJava, {"java", "--enable-native-access", "ALL-UNNAMED", "-cp", "x", "com.acme.Foo"}, "Foo"},
        Case{kRuby, {"ruby", "--encoding", "utf-8", "-X", "/srv", "orders.rb"}, "orders"},
        Case{kRuby, {"ruby", "--disable", "gems", "orders.rb"}, "orders"},
        Case{kPhp, {"php", "--php-ini", "/etc/php.ini", "orders.php"}, "orders"},
        Case{kPhp, {"php", "--file", "orders.php"}, "orders"},
        Case{kPerl, {"perl", "-I", "lib", "-C7", "orders.pl"}, "orders"},
        Case{kBun, {"bun", "--env-file", ".env", "run", "/srv/shop/index.ts"}, "shop"},
        Case{kBun, {"bun", "run", "--preload", "./x.ts", "orders.ts"}, "orders"},
        Case{kBun, {"bun", "run", "dev"}, "shop", "/srv/shop"}, Case{kBun, {"bun", "-e", "code()"}, "bun"},
        Case{kDeno, {"deno", "run", "-A", "--config", "deno.json", "--allow-net", "/srv/shop/main.ts"}, "shop"},
        Case{kDeno, {"deno", "serve", "--port", "8000", "https://acme.example/shop/mod.ts"}, "shop"},
        Case{kDeno, {"deno", "eval", "code()"}, "deno"},
        Case{"/usr/bin/dotnet", {"dotnet", "exec", "--additional-deps", "Other.dll", "--depsfile", "x.json", "Shop.dll"}, "Shop"},
        Case{"/usr/bin/dotnet", {"dotnet", "run", "--project", "/srv/x/Shop.Api.csproj"}, "Shop.Api"}));

INSTANTIATE_TEST_SUITE_P(
    Folders, ProgramName,
    testing::Values(
        Case{kNode, {"node", "server.js"}, "orders", "/srv/orders"}, Case{kNode, {"node", "server.js"}, "server", "/"},
        Case{kNode, {"node", "src/../dist/index.js"}, "orders", "/srv/orders"}, Case{kNode, {"node", "."}, "orders", "/srv/orders"},
        Case{kNode, {"node", "orders.js"}, "orders", "/srv/shop"}, Case{kNode, {"node", "server.js"}, "server", "/home/alice"},
        Case{kPython, {"python3", "manage.py", "runserver"}, "orders", "/srv/orders"},
        Case{kPython, {"python3", "-m", "main"}, "orders", "/srv/orders"},
        Case{kPython, {"python3", "-m", "http.server"}, "http.server", "/srv/orders"},
        Case{kPython, {"python3", "/usr/bin/uvicorn", "main:app"}, "orders", "/srv/orders"},
        Case{kPython, {"python3", "/usr/bin/uvicorn", "main:app", "--app-dir", "/srv/carts/src"}, "carts", "/srv/orders"},
        Case{kPython, {"python3", "/usr/bin/gunicorn", "--chdir=carts", "app:app"}, "carts", "/srv/orders"},
        Case{kPython, {"gunicorn: worker [app:app]"}, "orders", "/srv/orders"},
        Case{kPython, {"python3", "/usr/bin/gunicorn", "config.wsgi"}, "orders", "/srv/orders"},
        Case{kPython, {"python3", "/srv/orders/venv/lib/python3.11/server.py"}, "orders"},
        Case{kRuby, {"ruby", "bin/rails", "server"}, "orders", "/srv/orders"},
        Case{kRuby, {"ruby", "/usr/bin/puma", "-p", "80"}, "orders", "/srv/orders/current"},
        Case{kPhp, {"php", "-S", "0.0.0.0:80"}, "orders", "/srv/orders/public"},
        Case{kPhp, {"php", "bin/console", "server:run"}, "orders", "/srv/orders"},
        Case{kJava, {"java", "-jar", "app.jar"}, "orders", "/opt/orders"}, Case{kBash, {"bash", "run.sh"}, "orders", "/opt/orders"},
        Case{"/srv/orders/server", {"./server"}, "orders"}, Case{"/usr/local/bin/app", {"app"}, "app"},
        Case{"/opt/orders/bin/main (deleted)", {"main"}, "orders"}));

INSTANTIATE_TEST_SUITE_P(
    Frameworks, ProgramName,
    testing::Values(
        Case{kJava, {"java", "org.springframework.boot.loader.launch.JarLauncher"}, "java"},
        Case{kJava, {"java", "org.springframework.boot.loader.JarLauncher"}, "orders", "/opt/orders"},
        Case{kJava, {"java", "-Dspring.application.name=orders", "org.springframework.boot.loader.JarLauncher"}, "orders"},
        Case{kJava, {"java", "-Dotel.service.name=orders", "-jar", "app.jar"}, "orders"},
        Case{kJava, {"java", "-Dcatalina.base=/srv/orders", "org.apache.catalina.startup.Bootstrap", "start"}, "orders"},
        Case{kJava, {"java", "-cp", "/opt/shop/lib/*", "play.core.server.ProdServerStart", "/opt/shop"}, "shop"},
        Case{kJava, {"java", "-cp", "/opt/shop/lib/a.jar:/x", "io.ktor.server.netty.EngineMain"}, "shop"},
        Case{kJava, {"java", "io.vertx.core.Launcher", "run", "com.acme.Orders"}, "Orders"},
        Case{kPhp,
             {"php8.2", "-S", "127.0.0.1:8000", "/srv/shop/vendor/laravel/framework/src/Illuminate/Foundation/Console/../resources/server.php"},
             "shop"},
        Case{kNode, {"next-server (v14.2.3)"}, "next-server"}, Case{kNode, {"next-server (v14.2.3)"}, "shop", "/srv/shop"},
        Case{kNode, {"node", "node_modules/.bin/nest", "start"}, "shop", "/srv/shop"},
        Case{kNode, {"node", "/usr/lib/node_modules/n8n/bin/n8n"}, "n8n"},
        Case{kNode, {"node", "/root/.npm/_npx/0a1b/node_modules/.bin/http-server"}, "http-server"},
        Case{kNode, {"node", "/srv/shop/.output/server/index.mjs"}, "shop"}, Case{kNode, {"node", "/srv/shop/build"}, "shop"},
        Case{kPython, {"python3", "/usr/local/bin/sanic", "shop.server:app"}, "shop"},
        Case{kPython, {"python3", "/usr/local/bin/fastapi", "run", "/srv/shop/main.py"}, "shop"},
        Case{kPython, {"python3", "/usr/local/bin/fastapi", "dev"}, "shop", "/srv/shop"},
        Case{kPython, {"python3", "/usr/local/bin/streamlit", "run", "/srv/dash/app.py", "--server.port", "80"}, "dash"},
        Case{kPython, {"python3", "-m", "debugpy", "--listen", "5678", "-m", "uvicorn", "shop.main:app"}, "shop"},
        Case{kPython, {"python3", "-m", "coverage", "run", "/srv/shop/app.py"}, "shop"},
        Case{"/usr/bin/uwsgi", {"uwsgi", "--http", ":8000", "--module", "shop.wsgi:application"}, "shop"},
        Case{"/usr/bin/uwsgi-core", {"uwsgi", "--ini", "/etc/uwsgi/apps-enabled/shop.ini"}, "shop"},
        Case{"/usr/bin/uwsgi", {"uwsgi", "uwsgi.ini"}, "shop", "/srv/shop"}, Case{"/usr/bin/uwsgi", {"uwsgi", "--http", ":1"}, "uwsgi"},
        Case{kRuby, {"thin server (0.0.0.0:3000) [shop]"}, "shop"},
        Case{kRuby, {"unicorn worker[0] -c /srv/shop/config/unicorn.rb -E production"}, "shop"},
        Case{kRuby, {"unicorn worker[0] -c config/unicorn.rb"}, "shop", "/srv/shop"},
        Case{kRuby, {"Passenger RubyApp: /srv/shop (production)"}, "shop"},
        Case{"/usr/sbin/apache2", {"(wsgi:shop)      -k start"}, "shop"},
        Case{"/usr/lib/erlang/erts-13/bin/beam.smp", {"/usr/lib/erlang/erts-13/bin/beam.smp", "--", "-root", "/opt/shop", "-sname", "orders@host"}, "orders"},
        Case{"/opt/shop/erts-13/bin/beam.smp", {"beam.smp", "--", "-root", "/opt/shop"}, "shop", "/"},
        Case{"/usr/bin/busybox", {"busybox", "httpd", "-f"}, "httpd"}, Case{"/usr/bin/busybox", {"busybox"}, "busybox"}));

TEST(ExecutableName, IsThatOfTheLinkItWasCalledBy) {
  const Arguments arguments = {"redis-server 127.0.0.1:6379"};
  EXPECT_EQ(executable_name({.executable = "/usr/bin/redis-check-rdb", .called_by = "redis-server", .arguments = arguments, .folder = ""}),
            "redis-server");
  EXPECT_EQ(executable_name({.executable = kPython, .called_by = "python3", .arguments = arguments, .folder = ""}), "python3.11");
}

TEST(CommandLine, LeavesOutWhatAShorterTitleLeft) {
  const std::string text("title\0\0\0\0", 9);
  EXPECT_EQ(split_command_line(text).size(), 1u);
  EXPECT_EQ(split_command_line(std::string("a\0\0b\0", 5)).size(), 3u);
  EXPECT_TRUE(split_command_line("").empty());
}

TEST(CommandLine, HostileOnesEnd) {
  for (const std::string& text : {std::string(16384, '/'), std::string(16384, '-'), std::string(16384, ' '),
                                  std::string(16384, '['), std::string(16384, ':')}) {
    for (const char* executable :
         {kPython, kNode, kJava, kPerl, kRuby, kBash, kPhp, "/usr/bin/php-fpm", "/usr/bin/dotnet", "/usr/bin/uwsgi", "/usr/bin/beam.smp",
          "/usr/bin/bun", "/usr/bin/deno", "/usr/sbin/apache2", "/usr/bin/busybox"}) {
      for (const Arguments& arguments :
           {Arguments{text}, Arguments{"x", text}, Arguments{"x", "-m", text}, Arguments{"x", "-jar", text}, Arguments{"x", "-c", text, text}}) {
        const Program program{.executable = executable, .called_by = text, .arguments = arguments, .folder = text};
        what_it_runs(program);
        runs_code(program);
        executable_name(program);
      }
    }
  }
}

}  // namespace
}  // namespace sockwatch
