import JSON
import JSONScanning
import NIOCore

/// Writes JSON text straight into a body.
struct JSONText {
  private(set) var buffer: ByteBuffer

  init(capacity: Int = 256) { buffer = ByteBufferAllocator().buffer(capacity: capacity) }

  /// Text that is JSON already.
  mutating func raw(_ text: StaticString) { buffer.writeStaticString(text) }

  mutating func raw(_ text: String) { buffer.writeString(text) }

  mutating func raw(_ bytes: some Sequence<UInt8>) { buffer.writeBytes(bytes) }

  /// Bytes that were written.
  var count: Int { buffer.readableBytes }

  /// A part of another text.
  mutating func append(_ text: JSONText, _ range: Range<Int>) {
    if let slice = text.buffer.getSlice(at: text.buffer.readerIndex + range.lowerBound, length: range.count) {
      buffer.writeImmutableBuffer(slice)
    }
  }

  mutating func append(_ text: JSONText) { buffer.writeImmutableBuffer(text.buffer) }

  mutating func string(_ text: String) {
    guard JSONString.isPlain(text) else { return raw(JSONString.quoted(text, .lineFeed)) }
    raw("\"")
    raw(text)
    raw("\"")
  }

  mutating func integer(_ value: Int) { buffer.writeString(String(value)) }

  /// JSON has no NaN and no infinity: they become null.
  mutating func number(_ value: Double) { buffer.writeString(value.isFinite ? value.description : "null") }

  /// The shortest text that reads back as the same single-precision number.
  mutating func number(_ value: Float) { buffer.writeString(value.isFinite ? value.description : "null") }

  mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }

  /// A list; `element` writes one element.
  mutating func array<Element>(_ elements: some Sequence<Element>, _ element: (inout JSONText, Element) -> Void) {
    raw("[")
    var isFirst = true
    for value in elements {
      if !isFirst { raw(",") }
      isFirst = false
      element(&self, value)
    }
    raw("]")
  }
}
