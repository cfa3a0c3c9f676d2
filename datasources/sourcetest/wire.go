package sourcetest

import (
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"carerecord/internal/fetch"
	"carerecord/internal/pgtest"
	"carerecord/internal/record"
)

// oneRoundTrip: however much is asked, one Sync goes to the source and one answer back.
func (s *suite) oneRoundTrip(t *testing.T) {
	syncs, dsn := Syncs(t, s.db.DSN(s.role))
	source := s.open(t, dsn)
	ctx := reading(t)
	if err := source.Warm(ctx); err != nil {
		t.Fatal(err)
	}
	one := subjects(patient())
	var many []record.NHSNumber
	for range 500 {
		many = append(many, patient())
	}
	for _, asks := range [][]fetch.Ask{s.everything(one)[:1], s.everything(one), s.everything(subjects(many...))} {
		before := syncs.Load()
		if _, err := source.Read(ctx, asks); err != nil {
			t.Fatal(err)
		}
		if n := syncs.Load() - before; n != 1 {
			t.Errorf("%d asks of %d patients took %d round trips", len(asks), len(asks[0].Subjects.Patients), n)
		}
	}

	// Without warming, the connection is made and told what to exclude within the first read.
	syncs, dsn = Syncs(t, s.db.DSN(s.role))
	source = s.open(t, dsn)
	for i := range 2 {
		before := syncs.Load()
		if _, err := source.Read(ctx, s.everything(one)); err != nil {
			t.Fatal(err)
		}
		if n := syncs.Load() - before; i > 0 && n != 1 {
			t.Errorf("the second read took %d round trips", n)
		}
	}
}

// Syncs puts a proxy before a server and counts the Sync messages of its clients.
func Syncs(t testing.TB, dsn string) (*atomic.Int64, string) {
	t.Helper()
	address, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	query := address.Query()
	socket := ".s.PGSQL." + query.Get("port")
	server := filepath.Join(query.Get("host"), socket)
	dir := pgtest.Dir(t)
	listener, err := net.Listen("unix", filepath.Join(dir, socket))
	if err != nil {
		t.Fatal(err)
	}
	syncs := new(atomic.Int64)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { forward(client, server, syncs) })
		}
	})
	t.Cleanup(func() { listener.Close() })
	query.Set("host", dir)
	address.RawQuery = query.Encode()
	return syncs, address.String()
}

func forward(client net.Conn, server string, syncs *atomic.Int64) {
	defer client.Close()
	upstream, err := net.Dial("unix", server)
	if err != nil {
		return
	}
	defer upstream.Close()
	var back sync.WaitGroup
	back.Go(func() {
		io.Copy(client, upstream)
		client.Close()
	})
	count(upstream, client, syncs)
	upstream.Close()
	back.Wait()
}

// count copies what a client says message by message. The first has no type.
func count(to io.Writer, from io.Reader, syncs *atomic.Int64) {
	header := make([]byte, 5)
	for first := true; ; first = false {
		h := header
		if first {
			h = header[:4]
		}
		if _, err := io.ReadFull(from, h); err != nil {
			return
		}
		if !first && h[0] == 'S' {
			syncs.Add(1)
		}
		if _, err := to.Write(h); err != nil {
			return
		}
		if _, err := io.CopyN(to, from, int64(binary.BigEndian.Uint32(h[len(h)-4:]))-4); err != nil {
			return
		}
	}
}
