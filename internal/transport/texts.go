package transport

import (
	"hash/maphash"
	"sync/atomic"
)

// texts caches the texts and ids of some documents by their raw JSON: most requests send one of a few, written
// alike. The zero value is ready for use, by any number of goroutines.
type texts [64]atomic.Pointer[written]

// written is a string and its raw JSON.
type written struct{ raw, text string }

var seed = maphash.MakeSeed()

func (t *texts) place(raw []byte) *atomic.Pointer[written] {
	return &t[maphash.Bytes(seed, raw)%uint64(len(t))]
}

// find returns the cached string of a raw JSON string.
func (t *texts) find(raw []byte) (string, bool) {
	known := t.place(raw).Load()
	if known == nil || known.raw != string(raw) {
		return "", false
	}
	return known.text, true
}

// keep caches the text or the id of a document, which must contain no NHS number.
func (t *texts) keep(raw []byte, text string) { t.place(raw).Store(&written{string(raw), text}) }
