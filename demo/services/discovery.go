// discovery in Go: who is there, kept in Redis. Environment: PORT, REDIS_PORT.
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"math/rand"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

type cache struct {
	sync.Mutex
	conn   net.Conn
	reader *bufio.Reader
}

// ask sends one command; found is false for a null answer.
func (c *cache) ask(words ...string) (found bool) {
	c.Lock()
	defer c.Unlock()
	fmt.Fprintf(c.conn, "*%d\r\n", len(words))
	for _, word := range words {
		fmt.Fprintf(c.conn, "$%d\r\n%s\r\n", len(word), word)
	}
	line, err := c.reader.ReadString('\n')
	if err != nil {
		log.Fatal("Redis went away: ", err)
	}
	if strings.HasPrefix(line, "$") && !strings.HasPrefix(line, "$-1") {
		c.reader.ReadString('\n')
		return true
	}
	return !strings.HasPrefix(line, "$-1")
}

func main() {
	conn, err := net.Dial("tcp", "127.0.0.1:"+os.Getenv("REDIS_PORT"))
	if err != nil {
		log.Fatal(err)
	}
	redis := &cache{conn: conn, reader: bufio.NewReader(conn)}
	http.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "ok") })
	http.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(time.Duration(300+rand.Intn(500)) * time.Millisecond)
		io.WriteString(w, "ok")
	})
	http.HandleFunc("/fail", func(w http.ResponseWriter, r *http.Request) { http.Error(w, "failed", 500) })
	http.HandleFunc("/services/", func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/services/")
		number, err := strconv.Atoi(name)
		if err != nil || number > 1000 {
			http.Error(w, "no such service", 404)
			return
		}
		if !redis.ask("GET", "service:"+name) {
			redis.ask("SET", "service:"+name, "here", "EX", "5")
		}
		io.WriteString(w, "here")
	})
	other := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch {
		case r.Method != "POST":
			http.Error(w, "no such path", 404)
		case len(body) == 0:
			http.Error(w, "nothing sent", 400)
		default:
			w.WriteHeader(201)
		}
	}
	http.HandleFunc("/services", other)
	http.HandleFunc("/", other)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
