package wiretest

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
)

// A line is one connection of a client, and ours to the server for it. Its counts are
// guarded by the proxy's lock.
type line struct {
	client, server net.Conn // server is nil until something is passed on
	said           Messages
	spoilt         bool // something was swallowed
	mute           bool // the answer under way is not passed back, and then the proxy goes down
}

// close ends both sides. The proxy's lock is held.
func (l *line) close() {
	l.client.Close()
	if l.server != nil {
		l.server.Close()
	}
}

// verdict is what becomes of a message.
type verdict int

const (
	pass verdict = iota
	swallow
	goDown
)

// carry passes messages on until either side ends.
func (p *Proxy) carry(client net.Conn) {
	defer client.Close()
	l := &line{client: client}
	if !p.enter(l) {
		return
	}
	defer p.leave(l)
	for started := false; ; {
		message, kind, err := read(client, started)
		if err != nil {
			break
		}
		if !started && (is(message, sslRequest) || is(message, gssRequest)) {
			if _, err := client.Write([]byte{'N'}); err != nil {
				break
			}
			continue // and then starts in plain
		}
		verdict := p.hear(l, kind, started)
		started = true
		if verdict == swallow {
			continue
		}
		if verdict == goDown {
			p.Down()
			break
		}
		if l.server == nil && p.dial(l) != nil {
			break
		}
		if _, err := l.server.Write(message); err != nil {
			break
		}
	}
	p.mu.Lock()
	l.close()
	p.mu.Unlock()
}

// hear counts a message and says what becomes of it.
func (p *Proxy) hear(l *line, kind byte, started bool) verdict {
	p.mu.Lock()
	defer p.mu.Unlock()
	if started {
		l.said[kind]++
	}
	if p.swallowing || l.spoilt {
		l.spoilt = true
		return swallow
	}
	if !started || kind != 'S' || p.cut.in == 0 {
		return pass
	}
	p.cut.in--
	switch {
	case p.cut.in > 0:
		return pass
	case p.cut.answered:
		l.mute = true
		return pass
	}
	return goDown
}

// dial opens the line to the server and passes back what it says.
func (p *Proxy) dial(l *line) error {
	server, err := net.Dial(p.to, p.server)
	if err != nil {
		return err
	}
	p.mu.Lock()
	l.server = server
	p.mu.Unlock()
	p.running.Go(func() { p.back(l, server) })
	return nil
}

// back passes on what the server says.
func (p *Proxy) back(l *line, server net.Conn) {
	defer func() {
		p.mu.Lock()
		l.close()
		p.mu.Unlock()
	}()
	for {
		message, kind, err := read(server, true)
		if err != nil {
			return
		}
		p.mu.Lock()
		mute := l.mute
		p.mu.Unlock()
		if mute {
			if kind == 'Z' { // ReadyForQuery: it is done
				p.Down()
				return
			}
			continue
		}
		if _, err := l.client.Write(message); err != nil {
			return
		}
	}
}

// Requests before the start-up message that ask for another transport.
const (
	sslRequest = 80877103
	gssRequest = 80877104
)

func is(message []byte, code uint32) bool {
	return len(message) == 8 && binary.BigEndian.Uint32(message[4:]) == code
}

var errMessage = errors.New("that is no message")

// longest is how long a message may be: PostgreSQL takes no longer ones.
const longest = 1 << 30

// read reads one whole message. Before the start-up messages have no type.
func read(from io.Reader, typed bool) (message []byte, kind byte, err error) {
	head := make([]byte, 4, 512)
	if typed {
		head = head[:5]
	}
	if _, err := io.ReadFull(from, head); err != nil {
		return nil, 0, err
	}
	if typed {
		kind = head[0]
	}
	size := binary.BigEndian.Uint32(head[len(head)-4:])
	if size < 4 || size > longest {
		return nil, 0, errMessage
	}
	message = append(head, make([]byte, size-4)...)
	_, err = io.ReadFull(from, message[len(head):])
	return message, kind, err
}
