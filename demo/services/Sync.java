import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;

/** sync in Java, run from its source: asks auth for each device. Environment: PORT, DOWNSTREAM (auth's URL). */
public class Sync {
  private static final HttpClient CLIENT = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  public static void main(String[] args) throws Exception {
    int port = Integer.parseInt(System.getenv("PORT"));
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 50);
    server.setExecutor(Executors.newFixedThreadPool(8));
    server.createContext("/", Sync::handle);
    server.start();
  }

  private static void handle(HttpExchange exchange) {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      byte[] answer = "ok".getBytes();
      exchange.sendResponseHeaders(status(exchange, body), answer.length);
      exchange.getResponseBody().write(answer);
    } catch (Exception error) {
      System.err.println("sync: " + error);
    }
  }

  private static int status(HttpExchange exchange, byte[] body) throws Exception {
    String path = exchange.getRequestURI().getPath();
    if (exchange.getRequestMethod().equals("POST")) return body.length > 0 ? 201 : 400;
    if (path.equals("/healthz")) return 200;
    if (path.equals("/fail")) return 502;
    if (path.equals("/slow")) {
      Thread.sleep(ThreadLocalRandom.current().nextInt(300, 800));
      return 200;
    }
    if (!path.matches("/devices/\\d{1,9}")) return 404;
    String device = path.substring("/devices/".length());
    HttpRequest request = HttpRequest.newBuilder(URI.create(System.getenv("DOWNSTREAM") + "/" + device)).build();
    return CLIENT.send(request, BodyHandlers.discarding()).statusCode() == 200 ? 200 : 403;
  }
}
