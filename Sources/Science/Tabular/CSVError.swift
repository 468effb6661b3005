/// Why bytes are no CSV.
package enum CSVError: Error, Equatable, Sendable, CustomStringConvertible {
  case noHeader
  case duplicateColumn(String)
  case raggedRow(line: Int, fields: Int, expected: Int)
  case openQuote(line: Int)
  case textAfterQuote(line: Int)
  /// With the name of the encoding that the bytes look like.
  case notUTF8(line: Int, encoding: String)
  /// Bytes that the encoding of `spec.schema.encoding` does not have.
  case notEncoded(line: Int, encoding: String)
  /// Another kind of file, by its first bytes.
  case otherForm(String)
  case tooLarge(bytes: Int)
  /// Why a gzip file cannot be unpacked.
  case gzip(String)
  case gzipTooLarge(packed: Int, limit: Int)

  package var description: String {
    switch self {
    case .noHeader: "the file is empty: its first line must name the columns"
    case .duplicateColumn(let name): "the first line names column '\(excerpt(name: name))' twice: rename one of them"
    case .raggedRow(let line, let fields, let expected):
      "line \(line) has \(fields) \(fields == 1 ? "field" : "fields") where the header has \(expected): "
        + "quote fields that contain the delimiter, or mend the line"
    case .openQuote(let line): "the quoted field that begins at line \(line) is never closed: add the closing quote"
    case .textAfterQuote(let line):
      "line \(line) has text after a closing quote: write a quote inside a quoted field twice"
    case .notUTF8(let line, let encoding):
      "line \(line) is not UTF-8 but looks like \(encoding): set spec.schema.encoding: \(encoding.lowercased()) "
        + "(apus init: --encoding \(encoding.lowercased())), or save the file in UTF-8"
    case .notEncoded(let line, let encoding):
      "line \(line) is not \(encoding), as spec.schema.encoding says: correct it, or save the file in UTF-8 and remove it"
    case .otherForm("gzip"): "the file is packed with gzip twice: unpack it once (gunzip)"
    case .otherForm(let form): "the file is \(form), not CSV: save the table as CSV in UTF-8"
    case .tooLarge(let bytes): "\(bytes) bytes are more than the 4 GiB one file may have: split it, or use a query"
    case .gzip(let reason): "the gzip file cannot be unpacked (\(reason)): write it anew"
    case .gzipTooLarge(let packed, let limit):
      "the gzip file has \(packed) bytes and unpacks to more than the \(limit) that are read of it "
        + "(\(Gunzip.largestRatio) times its size, at least \(Gunzip.smallLimit >> 20) MiB, at most 4 GiB): unpack it, or split it"
    }
  }
}
