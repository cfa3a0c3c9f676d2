package transport

import (
	"hash/maphash"
	"sync/atomic"
)

// texts are the texts and ids of some documents that are kept, by how they stood in a body: most requests bring one of a
// few, written alike. The zero value is ready, for any number of callers at once.
type texts [64]atomic.Pointer[written]

// written is a text as JSON writes it, and what it says.
type written struct{ raw, text string }

var seed = maphash.MakeSeed()

func (t *texts) place(raw []byte) *atomic.Pointer[written] {
	return &t[maphash.Bytes(seed, raw)%uint64(len(t))]
}

// find is what a JSON string says, where that is kept.
func (t *texts) find(raw []byte) (string, bool) {
	known := t.place(raw).Load()
	if known == nil || known.raw != string(raw) {
		return "", false
	}
	return known.text, true
}

// keep keeps the text or the id of a document, of one in which nobody's number stands.
func (t *texts) keep(raw []byte, text string) { t.place(raw).Store(&written{string(raw), text}) }
