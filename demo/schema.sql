CREATE TABLE items (id integer PRIMARY KEY, title text NOT NULL);
INSERT INTO items SELECT n, 'item ' || n FROM generate_series(1, 1000) n;
CREATE TABLE uploads (id bigserial PRIMARY KEY, size integer NOT NULL);
GRANT ALL ON ALL TABLES IN SCHEMA public TO public;
GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO public;
