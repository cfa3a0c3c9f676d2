package transport

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
)

// maxPooled is the capacity, in bytes, of the largest buffer that returns to the pool.
const maxPooled = 1 << 20

var (
	buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}
	readers sync.Pool // of *gzip.Reader
)

func release(buf *bytes.Buffer) {
	if buf.Cap() <= maxPooled {
		buf.Reset()
		buffers.Put(buf)
	}
}

var (
	errTooLarge   = refuse(http.StatusRequestEntityTooLarge, QueryTooLarge, "The request is too large. Ask for less at once, or register the document and send its id.")
	errIncomplete = badRequest("The body could not be read to its end; send all that Content-Length and Content-Encoding promise.")
)

// readBody reads the whole body into a pooled buffer, which the caller releases. If Content-Length exceeds the
// limit, it refuses without reading, so that a client waiting for "100 Continue" never sends the body.
func (h *handler) readBody(w http.ResponseWriter, r *http.Request) (*bytes.Buffer, *refusal) {
	limit := h.options.MaxBody
	if r.ContentLength > limit {
		return nil, errTooLarge
	}
	body := io.Reader(http.MaxBytesReader(w, r.Body, limit))
	if zipped(r) {
		reader, err := unzip(body)
		if err != nil {
			return nil, bodyRefusal(err)
		}
		defer readers.Put(reader)
		body = reader
	}
	buf := buffers.Get().(*bytes.Buffer)
	n, err := buf.ReadFrom(io.LimitReader(body, limit+1))
	if err == nil && n <= limit {
		return buf, nil
	}
	release(buf)
	if err != nil {
		return nil, bodyRefusal(err)
	}
	return nil, errTooLarge
}

func bodyRefusal(err error) *refusal {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return errTooLarge
	}
	return errIncomplete
}

func zipped(r *http.Request) bool {
	return strings.EqualFold(strings.TrimSpace(r.Header.Get("Content-Encoding")), "gzip")
}

func unzip(body io.Reader) (*gzip.Reader, error) {
	if reader, ok := readers.Get().(*gzip.Reader); ok {
		return reader, reader.Reset(body)
	}
	return gzip.NewReader(body)
}

// checkEncoding refuses any Content-Encoding but identity and gzip.
func checkEncoding(header http.Header) *refusal {
	switch strings.ToLower(strings.TrimSpace(strings.Join(header["Content-Encoding"], ","))) {
	case "", "identity", "gzip":
		return nil
	}
	return refuse(http.StatusUnsupportedMediaType, BadUserInput, "The body may be sent plain or as gzip.")
}
