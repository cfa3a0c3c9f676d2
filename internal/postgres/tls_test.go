package postgres_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"

	"carerecord/internal/postgres"
	"carerecord/internal/record"
)

// secured lets everybody in over TLS, and then does what it is told with the connection.
func secured(t *testing.T, then func(conn net.Conn, backend *pgproto3.Backend)) (dsn string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{certificate}, PrivateKey: key}}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	serve := func(plain net.Conn) {
		defer plain.Close()
		if asked, err := pgproto3.NewBackend(plain, plain).ReceiveStartupMessage(); err != nil {
			return
		} else if _, ok := asked.(*pgproto3.SSLRequest); !ok { // one that asks to cancel
			return
		}
		plain.Write([]byte{'S'})
		conn := tls.Server(plain, config)
		backend := pgproto3.NewBackend(conn, conn)
		if _, err := backend.ReceiveStartupMessage(); err != nil {
			return
		}
		conn.Write(slices.Concat(wire(&pgproto3.AuthenticationOk{}, &pgproto3.BackendKeyData{ProcessID: 1, SecretKey: []byte("key ")}), ready))
		then(conn, backend)
	}
	go func() {
		for {
			plain, err := listener.Accept()
			if err != nil {
				return
			}
			go serve(plain)
		}
	}()
	return "postgres://reader@" + listener.Addr().String() + "/secured?sslmode=require"
}

// Over TLS a batch and its answer come as they do without, however large they are.
func TestOverTLS(t *testing.T) {
	large := strings.Repeat("x", 1<<20)
	pool := open(t, secured(t, func(conn net.Conn, backend *pgproto3.Backend) {
		for {
			message, err := backend.Receive()
			if err != nil {
				return
			}
			if _, ok := message.(*pgproto3.Sync); ok {
				conn.Write(answer(row([]byte(large))))
			}
		}
	}), postgres.Options{MaxConns: 1})
	for range 3 {
		err := postgres.Pipeline(t.Context(), pool, func(_ *pgx.Conn, batch *postgres.Batch) { batch.Queue("statement", postgres.Text(large)) }, func(results postgres.Results) error {
			if err := results.Next(); err != nil {
				return err
			}
			values, err := results.Row()
			if len(values) != 1 || string(values[0]) != large {
				t.Errorf("%d values", len(values))
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	if n := pool.Stat().NewConnsCount(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

// A server that does not read keeps nobody beyond their deadline, though TLS says goodbye when it is closed.
func TestOverTLSNobodyWaitsForGoodbye(t *testing.T) {
	over, large := make(chan struct{}), strings.Repeat("x", 32<<20)
	defer close(over)
	dsn := secured(t, func(conn net.Conn, _ *pgproto3.Backend) {
		conn.Read(make([]byte, 1))
		conn.Write([]byte{'D', 0, 0, 0, 0}) // no message: the connection is given up while the batch is being written
		<-over
	})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 15 { // it is a matter of which goroutine comes first
				pool := open(t, dsn, postgres.Options{MaxConns: 1})
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				began := time.Now()
				err := postgres.Pipeline(ctx, pool, func(_ *pgx.Conn, batch *postgres.Batch) { batch.Queue("statement", postgres.Text(large)) },
					func(results postgres.Results) error { return results.Next() })
				cancel()
				if took := time.Since(began); took > 4*time.Second || !errors.Is(err, record.ErrTimeout) && !errors.Is(err, record.ErrUnavailable) {
					t.Errorf("%v after %v", err, took)
				}
			}
		})
	}
	all.Wait()
}
