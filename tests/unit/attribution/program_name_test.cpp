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
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.executable << ":";
  for (const char* argument : c.arguments) *out << ' ' << argument;
}

class ProgramName : public testing::TestWithParam<Case> {};

TEST_P(ProgramName, Is) {
  std::string text;
  for (const char* argument : GetParam().arguments) text.append(argument).push_back('\0');
  const std::string runs = what_it_runs(GetParam().executable, split_command_line(text));
  EXPECT_EQ(runs.empty() ? executable_name(GetParam().executable) : runs, GetParam().name);
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
                    Case{kNode, {"node", "/srv/shop/node_modules/.bin/next", "start"}, "next"},
                    Case{kNode, {"node", "-e", "code()"}, "node"},
                    Case{kNode, {"node", "--eval=code()"}, "node"}, Case{kNode, {"node"}, "node"},
                    Case{kNode, {"node /srv/shop/orders.js"}, "orders"},  // pm2's title
                    Case{kNode, {"npm start"}, "node"},
                    Case{kNode, {"PM2 v5.3.0: God Daemon (/root/.pm2)"}, "node"}));

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
        Case{kRuby, {"sidekiq 6.5.8 shop [0 of 5 busy]"}, "ruby3.1"},
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
        Case{"/usr/bin/dash", {"sh", "/usr/local/bin/shop"}, "shop"},
        Case{"/usr/bin/dash", {"sh", "+e", "shop.sh"}, "shop"}));

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
         {kPython, kNode, kJava, kPerl, kRuby, kBash, kPhp, "/usr/bin/php-fpm", "/usr/bin/dotnet"}) {
      what_it_runs(executable, {text});
      what_it_runs(executable, {"x", text});
      what_it_runs(executable, {"x", "-m", text});
      what_it_runs(executable, {"x", "-jar", text});
    }
  }
}

}  // namespace
}  // namespace sockwatch
