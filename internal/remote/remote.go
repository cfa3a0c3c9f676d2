// Package remote reads from where a request came.
package remote

import (
	"net/http"
	"net/netip"
	"strings"
)

// Address returns the client's address: the last entry of the header in which a proxy of ours states it, or the address
// of the connection if there is no such header or entry. Without a name no header is believed. An address that cannot be
// read is the zero value.
func Address(r *http.Request, header string) netip.Addr {
	if header != "" {
		entries := strings.Split(strings.Join(r.Header.Values(header), ","), ",")
		if address := host(strings.TrimSpace(entries[len(entries)-1])); address.IsValid() {
			return address
		}
	}
	return host(r.RemoteAddr)
}

// host reads an address that may have a port: some proxies write one in their header.
func host(text string) netip.Addr {
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return withPort.Addr().Unmap()
	}
	address, _ := netip.ParseAddr(strings.Trim(text, "[]"))
	return address.Unmap()
}
