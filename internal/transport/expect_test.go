package transport

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// exchange sends raw bytes to a real server and reads its first answer.
func exchange(t *testing.T, request string) *http.Response {
	t.Helper()
	server := httptest.NewServer(New(new(small), Options{MaxBody: 1000}))
	t.Cleanup(server.Close)
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

const head = "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"

func TestNobodyIsToldToSendAGigabyte(t *testing.T) {
	response := exchange(t, head+"Content-Length: 1000000000\r\nExpect: 100-continue\r\n\r\n")
	if response.StatusCode != 413 || !response.Close {
		t.Errorf("got %d, close %t", response.StatusCode, response.Close)
	}
}

func TestAModestBodyIsWaitedFor(t *testing.T) {
	response := exchange(t, head+"Content-Length: 26\r\nExpect: 100-continue\r\n\r\n")
	if response.StatusCode != 100 {
		t.Errorf("got %d", response.StatusCode)
	}
}

func TestABodyOfUnknownLengthIsCutOff(t *testing.T) {
	chunk := "400\r\n" + strings.Repeat(" ", 1024) + "\r\n"
	response := exchange(t, head+"Transfer-Encoding: chunked\r\n\r\n"+chunk+chunk)
	if response.StatusCode != 413 || !response.Close {
		t.Errorf("got %d, close %t", response.StatusCode, response.Close)
	}
}
