package remote_test

import (
	"net/http/httptest"
	"testing"

	"carerecord/internal/remote"
)

func TestAddress(t *testing.T) {
	for _, test := range []struct{ name, header, from, want string }{
		{"", "203.0.113.9", "192.0.2.1:5", "192.0.2.1"},
		{"X-Forwarded-For", "203.0.113.9", "192.0.2.1:5", "203.0.113.9"},
		{"X-Forwarded-For", "198.51.100.1, [2001:db8::1]:4711", "192.0.2.1:5", "2001:db8::1"},
		{"X-Forwarded-For", "198.51.100.1, ::ffff:203.0.113.9", "192.0.2.1:5", "203.0.113.9"},
		{"X-Forwarded-For", "203.0.113.9, unknown", "192.0.2.1:5", "192.0.2.1"},
		{"X-Real-Ip", "203.0.113.9", "[2001:db8::2]:5", "2001:db8::2"},
		{"", "", "@", "invalid IP"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = test.from
		r.Header.Set("X-Forwarded-For", test.header)
		if got := remote.Address(r, test.name).String(); got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
}
