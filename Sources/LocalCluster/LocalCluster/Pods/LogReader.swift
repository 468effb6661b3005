internal import CFiles
internal import Foundation
internal import Glibc

/// Turns the records of a log file into what a reader asked for.
struct LogReader: Sendable {
  let path: String
  /// While it is written.
  let live: ContainerLog?
  let options: LogOptions

  private static let timeWidth = 30
  private static let prefixWidth = timeWidth + 3

  /// Ends with the log, or at once without `follow`.
  func stream(now: Date) -> AsyncStream<[UInt8]> {
    let since = options.sinceSeconds.map { Array(TimeText.precise(now.addingTimeInterval(-Double($0))).utf8) }
    return AsyncStream { continuation in
      let task = Task {
        var cursor = Cursor(reader: self, since: since)
        cursor.seekTail()
        if options.follow, let live {
          for await _ in live.growth() {
            while let bytes = cursor.next() { continuation.yield(bytes) }
            if cursor.isExhausted { break }
          }
        }
        while let bytes = cursor.next() { continuation.yield(bytes) }
        continuation.finish()
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }

  /// The last bytes of the log, as the termination message falls back to them: at most 2048 bytes or 80 lines.
  static func lastLines(of path: String) -> String {
    var options = LogOptions()
    options.tailLines = 80
    var cursor = Cursor(reader: LogReader(path: path, live: nil, options: options), since: nil)
    cursor.seekTail()
    var bytes: [UInt8] = []
    while let more = cursor.next() { bytes += more }
    return String(decoding: bytes.suffix(2_048), as: UTF8.self)
  }

  private struct Cursor {
    let reader: LogReader
    let since: [UInt8]?
    var offset: UInt64 = 0
    /// Kept open: a file that is set aside is read to its end.
    var handle: FileHandle?
    var left: Int?
    var startsLine = true
    var buffered: [UInt8] = []

    init(reader: LogReader, since: [UInt8]?) {
      self.reader = reader
      self.since = since
      left = reader.options.limitBytes
    }

    var isExhausted: Bool { left == 0 }

    mutating func seekTail() {
      guard let lines = reader.options.tailLines,
        let data = try? Data(contentsOf: URL(fileURLWithPath: reader.path), options: .mappedIfSafe)
      else { return }
      guard lines > 0 else {
        offset = UInt64(data.count)
        return
      }
      var remaining = lines
      var end = data.count
      var start = end
      while end > 0 {
        let previous = data[0..<(end - 1)].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        // A full record ends a line: one more of them means that the line before begins here.
        if previous + LogReader.timeWidth + 1 < data.count,
          data[previous + LogReader.timeWidth + 1] == UInt8(ascii: "F")
        {
          if remaining == 0 { break }
          remaining -= 1
        }
        start = previous
        end = previous
      }
      offset = UInt64(start)
    }

    /// What has come since the last call, in pieces; nil when there is no more now.
    mutating func next() -> [UInt8]? {
      guard !isExhausted, let data = read() else { return nil }
      buffered += data
      var output: [UInt8] = []
      var rest = buffered[...]
      while let newline = rest.firstIndex(of: 0x0A) {
        append(rest[rest.startIndex..<newline], to: &output)
        rest = rest[(newline + 1)...]
      }
      buffered = Array(rest)
      if let left {
        output = Array(output.prefix(left))
        self.left = left - output.count
      }
      return output
    }

    private mutating func read() -> Data? {
      if handle == nil {
        handle = FileHandle(forReadingAtPath: reader.path)
        try? handle?.seek(toOffset: offset)
      }
      if let data = try? handle?.read(upToCount: 262_144), !data.isEmpty { return data }
      guard let handle, let fresh = FileHandle(forReadingAtPath: reader.path),
        Self.identity(fresh) != Self.identity(handle)
      else { return nil }
      self.handle = fresh
      return (try? fresh.read(upToCount: 262_144)).flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func identity(_ handle: FileHandle) -> UInt64 {
      apus_identity_of_descriptor(handle.fileDescriptor).number
    }

    private mutating func append(_ record: ArraySlice<UInt8>, to output: inout [UInt8]) {
      guard record.count >= LogReader.prefixWidth else { return }
      let time = record.prefix(LogReader.timeWidth)
      if let since, time.lexicographicallyPrecedes(since) { return }
      if reader.options.timestamps, startsLine {
        output += time
        output.append(UInt8(ascii: " "))
      }
      output += record.dropFirst(LogReader.prefixWidth)
      startsLine = record[record.startIndex + LogReader.timeWidth + 1] == UInt8(ascii: "F")
      if startsLine { output.append(0x0A) }
    }
  }
}
