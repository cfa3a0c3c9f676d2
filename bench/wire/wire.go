// Package wire stands between a server and PostgreSQL. It counts round trips and keeps
// the statements that were prepared.
package wire

import (
	"bytes"
	"encoding/binary"
	"io"
	"maps"
	"net"
	"net/url"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgconn"
)

// A Proxy passes on what clients say to a server and what it answers. It offers no TLS.
type Proxy struct {
	dsn             string
	network, server string
	listener        net.Listener
	trips           atomic.Int64
	closed          atomic.Bool

	mu         sync.Mutex
	statements map[string]string
	open       map[net.Conn]bool
}

// Listen puts a proxy before the server of a DSN, on a port of the loopback.
func Listen(dsn string) (*Proxy, error) {
	config, err := pgconn.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(dsn)
	if err != nil {
		return nil, err
	}
	p := &Proxy{statements: map[string]string{}, open: map[net.Conn]bool{}}
	p.network, p.server = pgconn.NetworkAddress(config.Host, config.Port)
	if p.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	query := u.Query()
	query.Del("host")
	query.Del("port")
	u.Host, u.RawQuery = p.listener.Addr().String(), query.Encode()
	p.dsn = u.String()
	go p.accept() // ends with Close
	return p, nil
}

// DSN is the server's address by way of the proxy.
func (p *Proxy) DSN() string { return p.dsn }

// Trips is how many round trips were made: Sync messages, and statements of the simple
// protocol.
func (p *Proxy) Trips() int64 { return p.trips.Load() }

// Statements are the statements that were prepared, by name.
func (p *Proxy) Statements() map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.statements)
}

// Close ends every connection.
func (p *Proxy) Close() {
	p.closed.Store(true)
	p.listener.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.open {
		conn.Close()
	}
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.carry(client) // ends with either side
	}
}

func (p *Proxy) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial(p.network, p.server)
	if err != nil {
		return
	}
	defer server.Close()
	p.keep(client, server)
	defer p.forget(client, server)
	if p.closed.Load() {
		return
	}
	go func() { // ends with the server's side
		_, _ = io.Copy(client, server)
		client.Close()
	}()
	for typed := false; ; typed = true {
		message, err := read(client, typed)
		if err != nil {
			return
		}
		if typed {
			p.hear(message)
		}
		if _, err := server.Write(message); err != nil {
			return
		}
	}
}

func (p *Proxy) keep(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		p.open[conn] = true
	}
}

func (p *Proxy) forget(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		delete(p.open, conn)
	}
}

// hear counts Sync and Query and keeps what Parse names.
func (p *Proxy) hear(message []byte) {
	switch message[0] {
	case 'S', 'Q':
		p.trips.Add(1)
	case 'P':
		name, rest, _ := bytes.Cut(message[5:], []byte{0})
		sql, _, _ := bytes.Cut(rest, []byte{0})
		p.mu.Lock()
		p.statements[string(name)] = string(sql)
		p.mu.Unlock()
	}
}

// read reads one whole message. The first of a connection has no type.
func read(from io.Reader, typed bool) ([]byte, error) {
	head := make([]byte, 4, 512)
	if typed {
		head = head[:5]
	}
	if _, err := io.ReadFull(from, head); err != nil {
		return nil, err
	}
	size := int(binary.BigEndian.Uint32(head[len(head)-4:]))
	if size < 4 || size > 1<<30 {
		return nil, io.ErrUnexpectedEOF
	}
	message := append(head, make([]byte, size-4)...)
	_, err := io.ReadFull(from, message[len(head):])
	return message, err
}
