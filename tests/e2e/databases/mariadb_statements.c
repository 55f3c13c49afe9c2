/* Talks to MariaDB as only its C client does: prepared statements, cursors, long data, bulks, commands and rows of many MB. */
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static MYSQL *connection;

static void must(int failed, const char *what)
{
	if (!failed)
		return;
	fprintf(stderr, "%s: %s\n", what, mysql_error(connection));
	exit(1);
}

/* Errors are part of the test. */
static void query(const char *text)
{
	if (mysql_query(connection, text))
		return;
	do {
		MYSQL_RES *result = mysql_use_result(connection);

		while (result && mysql_fetch_row(result))
			;
		if (result)
			mysql_free_result(result);
	} while (!mysql_next_result(connection));
}

static MYSQL_STMT *prepare(const char *text)
{
	MYSQL_STMT *s = mysql_stmt_init(connection);

	must(mysql_stmt_prepare(s, text, strlen(text)), text);
	return s;
}

static void number(MYSQL_BIND *bind, int *value)
{
	bind->buffer_type = MYSQL_TYPE_LONG;
	bind->buffer = value;
}

static void cursor(void)
{
	MYSQL_STMT *s = prepare("SELECT a FROM c");
	unsigned long type = CURSOR_TYPE_READ_ONLY, rows = 50;
	MYSQL_BIND bind = { 0 };
	int value;

	mysql_stmt_attr_set(s, STMT_ATTR_CURSOR_TYPE, &type);
	mysql_stmt_attr_set(s, STMT_ATTR_PREFETCH_ROWS, &rows);
	must(mysql_stmt_execute(s), "a cursor");
	number(&bind, &value);
	mysql_stmt_bind_result(s, &bind);
	while (!mysql_stmt_fetch(s))
		;
	must(mysql_stmt_execute(s), "a cursor");
	mysql_stmt_fetch(s);
	mysql_stmt_reset(s);
	mysql_stmt_close(s);
}

static void long_data(void)
{
	MYSQL_STMT *s = prepare("INSERT INTO c VALUES (?, ?)");
	MYSQL_BIND bind[2] = { 0 };
	char *data = malloc(200000);
	int value = 7, i;

	memset(data, 'y', 200000);
	number(&bind[0], &value);
	bind[1].buffer_type = MYSQL_TYPE_STRING;
	mysql_stmt_bind_param(s, bind);
	for (i = 0; i < 3; i++)
		mysql_stmt_send_long_data(s, 1, data, 200000);
	must(mysql_stmt_execute(s), "long data");
	mysql_stmt_close(s);
	free(data);
}

static void bulk(void)
{
	MYSQL_STMT *s = prepare("INSERT INTO c (a) VALUES (?)");
	unsigned int size = 50;
	int values[50] = { 0 };
	MYSQL_BIND bind = { 0 };

	number(&bind, values);
	mysql_stmt_attr_set(s, STMT_ATTR_ARRAY_SIZE, &size);
	mysql_stmt_bind_param(s, &bind);
	must(mysql_stmt_execute(s), "a bulk");
	mysql_stmt_close(s);
}

/* Prepared and executed without waiting. */
static void direct(const char *text)
{
	MYSQL_STMT *s = mysql_stmt_init(connection);

	if (!mariadb_stmt_execute_direct(s, text, strlen(text)))
		mysql_stmt_store_result(s);
	mysql_stmt_close(s);
}

static void call(void)
{
	MYSQL_STMT *s;
	MYSQL_BIND bind[2] = { 0 };
	int in = 1, out = 0;

	query("CREATE PROCEDURE p(IN a int, OUT b int) BEGIN SELECT a; INSERT INTO c (a) VALUES (1); SET b = 5; SELECT 8; END");
	s = prepare("CALL p(?, ?)");
	number(&bind[0], &in);
	number(&bind[1], &out);
	mysql_stmt_bind_param(s, bind);
	must(mysql_stmt_execute(s), "a call");
	do
		mysql_stmt_store_result(s);
	while (!mysql_stmt_next_result(s));
	mysql_stmt_close(s);
	query("CALL p(1, @x); SELECT @x");
}

static void long_commands(void)
{
	char *text = malloc(17000100);
	int length = sprintf(text, "SELECT length('");

	memset(text + length, 'z', 17000000);
	strcpy(text + length + 17000000, "')");
	query(text);
	query(text);
	query("SELECT repeat('r', 20000000)");
	query("SELECT repeat('r', 16777211)");
	free(text);
}

int main(int argc, char **argv)
{
	unsigned int local_file = 1;
	char load[1000];

	if (argc != 3)
		return 2;
	connection = mysql_init(NULL);
	mysql_options(connection, MYSQL_OPT_LOCAL_INFILE, &local_file);
	must(!mysql_real_connect(connection, "127.0.0.1", "bench", "secret", "bench", (unsigned int)atoi(argv[1]), NULL, CLIENT_MULTI_STATEMENTS),
	     "connecting");
	query("CREATE TABLE c (a int, b longtext)");
	query("INSERT INTO c SELECT seq, repeat('x', 100) FROM seq_1_to_500");
	cursor();
	long_data();
	bulk();
	direct("SELECT 1 FROM c");
	direct("SELECT nothing FROM c");
	call();
	snprintf(load, sizeof(load), "LOAD DATA LOCAL INFILE '%s' INTO TABLE c", argv[2]);
	query(load);
	query("SELECT count(*) FROM c");
	long_commands();
	must(mysql_reset_connection(connection), "a reset");
	must(mysql_change_user(connection, "bench", "secret", "bench"), "another user");
	query("SET session_track_system_variables = '*'");
	query("SET autocommit = 0");
	query("START SLAVE");
	query("START TRANSACTION");
	query("WITH w AS (SELECT 1) SELECT * FROM w");
	query("ROLLBACK");
	mysql_close(connection);
	return 0;
}
