package socket_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"carerecord/internal/socket"
)

// pair is both ends of a connection, of which the first was dialled.
func pair(t *testing.T, network, address string) (dialled, accepted net.Conn) {
	t.Helper()
	listener, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	dialled, err = socket.Dialing((&net.Dialer{}).DialContext)(t.Context(), network, listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dialled.Close() })
	if accepted, err = listener.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { accepted.Close() })
	return dialled, accepted
}

// eachNetwork runs a test over TCP and over a socket of Unix.
func eachNetwork(t *testing.T, test func(t *testing.T, dialled, accepted net.Conn)) {
	for network, address := range map[string]string{"tcp": "127.0.0.1:0", "unix": filepath.Join(t.TempDir(), "s")} {
		t.Run(network, func(t *testing.T) {
			dialled, accepted := pair(t, network, address)
			test(t, dialled, accepted)
		})
	}
}

// What is written comes, whole and in order, in both directions at once, however large it is and however slowly it is read.
func TestWhatIsWrittenComes(t *testing.T) {
	eachNetwork(t, func(t *testing.T, dialled, accepted net.Conn) {
		sent := make([]byte, 5<<20)
		for i := range sent {
			sent[i] = byte(i ^ i>>8 ^ i>>16)
		}
		var all sync.WaitGroup
		for _, way := range [][2]net.Conn{{dialled, accepted}, {accepted, dialled}} {
			all.Go(func() {
				if n, err := way[0].Write(sent); n != len(sent) || err != nil {
					t.Errorf("wrote %d, %v", n, err)
				}
			})
			all.Go(func() {
				got := make([]byte, len(sent))
				if _, err := io.ReadFull(way[1], got[:1]); err != nil {
					t.Error(err)
				}
				time.Sleep(20 * time.Millisecond) // the other end must wait
				if _, err := io.ReadFull(way[1], got[1:]); err != nil || !bytes.Equal(got, sent) {
					t.Errorf("another came, %v", err)
				}
			})
		}
		all.Wait()
	})
}

// Begin writes what the other end takes and does not wait; the rest is for Write.
func TestBeginDoesNotWait(t *testing.T) {
	eachNetwork(t, func(t *testing.T, dialled, accepted net.Conn) {
		switch dialled.(type) {
		case *net.TCPConn, *net.UnixConn:
			t.Skip("connections are as package net has them here")
		}
		small := []byte("SELECT 1")
		if n, err := socket.Begin(dialled, small); n != len(small) || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
		large := bytes.Repeat([]byte("x"), 32<<20)
		n, err := socket.Begin(dialled, large)
		if n <= 0 || n >= len(large) || err != nil {
			t.Fatalf("%d of %d with nobody reading, %v", n, len(large), err)
		}
		if n, err := socket.Begin(accepted, small); n != 0 || err != nil {
			t.Errorf("%d on another's connection, %v", n, err)
		}
		go func() {
			dialled.Write(large[n:])
			dialled.Close()
		}()
		if all, err := io.ReadAll(accepted); len(all) != len(small)+len(large) || err != nil {
			t.Errorf("%d came, %v", len(all), err)
		}
	})
}

// Deadlines, closing and what the other end does are told as package net tells them.
func TestErrorsAreThoseOfNet(t *testing.T) {
	eachNetwork(t, func(t *testing.T, dialled, accepted net.Conn) {
		one, large := make([]byte, 1), make([]byte, 32<<20)
		isTimeout := func(what string, err error) {
			t.Helper()
			var of net.Error
			if !errors.As(err, &of) || !of.Timeout() || !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%s: %v", what, err)
			}
		}
		dialled.SetDeadline(time.Now().Add(20 * time.Millisecond))
		_, err := dialled.Read(one)
		isTimeout("a read with nothing to read", err)
		if of, ok := errors.AsType[*net.OpError](err); !ok || of.Op != "read" {
			t.Errorf("a read with nothing to read: %v", err)
		}
		n, err := dialled.Write(large)
		isTimeout("a write that nobody reads", err)
		dialled.SetDeadline(time.Unix(1, 0))
		_, err = socket.Begin(dialled, one)
		if n > 0 && err != nil { // as it is on Linux
			isTimeout("a beginning that comes too late", err)
		}
		dialled.SetDeadline(time.Time{})
		go io.CopyN(io.Discard, accepted, int64(n))
		if _, err := dialled.Write(one); err != nil {
			t.Errorf("after a deadline: %v", err)
		}
		if n, err := dialled.Read(nil); n != 0 || err != nil {
			t.Errorf("nothing to read into: %d, %v", n, err)
		}
		if n, err := dialled.Write(nil); n != 0 || err != nil {
			t.Errorf("nothing to write: %d, %v", n, err)
		}

		ended := make(chan error)
		go func() {
			_, err := dialled.Read(one)
			ended <- err
		}()
		time.Sleep(20 * time.Millisecond) // it waits
		dialled.Close()
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Errorf("a read that closing ends: %v", err)
		}
		for what, do := range map[string]func([]byte) (int, error){"read": dialled.Read, "write": dialled.Write} {
			if _, err := do(one); !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s after closing: %v", what, err)
			}
		}
		if err := dialled.(interface{ CloseWrite() error }).CloseWrite(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("closing a half after closing: %v", err)
		}
	})
	eachNetwork(t, func(t *testing.T, dialled, accepted net.Conn) {
		one := make([]byte, 1)
		accepted.Close()
		if n, err := dialled.Read(one); n != 0 || err != io.EOF {
			t.Errorf("the other end closed: %d, %v", n, err)
		}
		var err error
		for range 100 {
			if _, err = dialled.Write(one); err != nil {
				break
			}
			time.Sleep(time.Millisecond)
		}
		var of *net.OpError
		if !errors.As(err, &of) || !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("writing to one that is closed: %v", err)
		}
	})
}

// A connection that was broken off has not come to its end: what was read so far is not all.
func TestAResetIsNoEnd(t *testing.T) {
	dialled, accepted := pair(t, "tcp", "127.0.0.1:0")
	accepted.(*net.TCPConn).SetLinger(0) // closing resets
	accepted.Close()
	n, err := dialled.Read(make([]byte, 1))
	if of, ok := errors.AsType[*net.OpError](err); n != 0 || !ok || of.Op != "read" || !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%d, %v", n, err)
	}
}

// Who closes their half is still answered.
func TestHalfAConnection(t *testing.T) {
	eachNetwork(t, func(t *testing.T, dialled, accepted net.Conn) {
		if err := dialled.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		accepted.SetDeadline(time.Now().Add(10 * time.Second))
		if asked, err := io.ReadAll(accepted); len(asked) != 0 || err != nil {
			t.Errorf("%q, %v", asked, err)
		}
		go func() {
			accepted.Write([]byte("answer"))
			accepted.Close()
		}()
		if answer, err := io.ReadAll(dialled); string(answer) != "answer" || err != nil {
			t.Errorf("%q, %v", answer, err)
		}
	})
}

// A server that answers before it has read all of a request closes its half first, so that the client reads the answer.
func TestAnAnswerBeforeTheWholeRequest(t *testing.T) {
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 10)); err != nil {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
	})}
	go server.Serve(socket.Listening(plain))
	defer server.Close()
	conn, err := net.Dial("tcp", plain.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := conn.Write([]byte("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n" + strings.Repeat("x", 1000))); err != nil {
		t.Fatal(err)
	}
	if answer, err := io.ReadAll(conn); err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.1 413")) {
		t.Errorf("%.40q, %v", answer, err)
	}
}

// What cannot be dialled has the error of whoever dials; what is no connection of package net stays what it is.
func TestOtherConnections(t *testing.T) {
	if _, err := socket.Dialing(func(context.Context, string, string) (net.Conn, error) { return nil, io.ErrUnexpectedEOF })(t.Context(), "tcp", ""); err != io.ErrUnexpectedEOF {
		t.Error(err)
	}
	one, other := net.Pipe()
	defer one.Close()
	defer other.Close()
	if socket.Unannounced(one) != one {
		t.Error("a pipe is taken for a socket")
	}
}

// Without anything to be made for a read or a write.
func TestNothingIsAllocated(t *testing.T) {
	dialled, accepted := pair(t, "tcp", "127.0.0.1:0")
	one := make([]byte, 1)
	if made := testing.AllocsPerRun(100, func() {
		dialled.Write(one)
		accepted.Read(one)
		accepted.Write(one)
		dialled.Read(one)
	}); made > 0 {
		t.Errorf("%v allocations", made)
	}
}

// What a listener accepts is read and written so too, and its errors are its own.
func TestListening(t *testing.T) {
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener := socket.Listening(plain)
	go func() {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err == nil {
			conn.Write([]byte("x"))
			conn.Close()
		}
	}()
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, announced := conn.(*net.TCPConn); announced && socket.Unannounced(conn) != conn {
		t.Error("it was accepted as package net has it")
	}
	if all, err := io.ReadAll(conn); string(all) != "x" || err != nil {
		t.Errorf("%q, %v", all, err)
	}
	listener.Close()
	if _, err := listener.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}
