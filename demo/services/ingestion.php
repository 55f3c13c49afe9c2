<?php
// ingestion in PHP: uploads in PostgreSQL. Environment: DATABASE.
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$database = fn() => pg_pconnect(getenv('DATABASE'));
if ($_SERVER['REQUEST_METHOD'] === 'POST') {
    $size = strlen(file_get_contents('php://input'));
    if ($size > 0) {
        pg_query_params($database(), 'INSERT INTO uploads (size) VALUES ($1)', [$size]);
    }
    http_response_code($size > 0 ? 201 : 400);
} elseif ($path === '/slow') {
    usleep(random_int(300000, 500000));
} elseif ($path === '/fail') {
    http_response_code(500);
} elseif (preg_match('#^/uploads/(\d{1,9})$#', $path, $found)) {
    $rows = pg_query_params($database(), 'SELECT title FROM items WHERE id = $1', [$found[1]]);
    http_response_code(pg_num_rows($rows) ? 200 : 404);
} elseif ($path !== '/healthz') {
    http_response_code(404);
}
echo "ok\n";
