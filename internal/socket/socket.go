// Package socket reads and writes connections without telling Go's scheduler.
//
// Every system call of package net is announced to the scheduler, since it might block. Where all of its processors were idle that wakes
// sysmon, the runtime's watching thread (a futex), which then looks round every 20 µs for a while. A server that waits for a database is
// idle between any two pieces of an answer, so that this cost more than reading them did. A socket that package net
// made never blocks: it says EAGAIN, and the poller waits. So nothing need be announced. What it is worth is measured in
// docs/decisions/0024-unannounced-sockets.md.
package socket

import (
	"context"
	"net"
)

// DialFunc makes a connection, as net.Dialer.DialContext does and pgconn.DialFunc.
type DialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// Dialing makes the connections of dial, each as Unannounced has it.
func Dialing(dial DialFunc) DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return Unannounced(conn), nil
	}
}

// Listening accepts the connections of a listener, each as Unannounced has it.
func Listening(listener net.Listener) net.Listener { return listening{listener} }

type listening struct{ net.Listener }

func (l listening) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return Unannounced(conn), nil
}
