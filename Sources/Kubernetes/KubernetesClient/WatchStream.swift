public import HTTPTransport
public import KubernetesModel

/// One change, as a watch tells it.
public enum WatchEvent: Sendable, Equatable {
  case added(JSONValue)
  case modified(JSONValue)
  /// The last state of the object; its resource version is that of the deletion.
  case deleted(JSONValue)
  /// Nothing changed up to this resource version. `isInitialEnd` ends the initial events of a streaming list.
  case bookmark(resourceVersion: String, isInitialEnd: Bool)
  /// The server ends the watch and says why.
  case failure(APIRefusal)

  /// Errors: what is wrong with the line.
  init(line: [UInt8], _ request: APIRequest, omitting unread: JSONPaths = JSONPaths()) throws(JSONMismatch) {
    var value: JSONValue
    do {
      value = try JSONValue(answer: line, omitting: unread)
      // Bookmarks and errors are not the objects that something is left out of.
      let isChange = value["type"] == "ADDED" || value["type"] == "MODIFIED" || value["type"] == "DELETED"
      if !isChange, !unread.isEmpty { value = try JSONValue(answer: line) }
    } catch {
      throw JSONMismatch(path: "", reason: "\(error)")
    }
    guard let type = value["type"]?.string else {
      throw JSONMismatch(path: "type", reason: "a watch event needs it")
    }
    let object = value["object"] ?? .null
    switch type {
    case "BOOKMARK":
      // One without a version says nothing, and does no harm.
      self = .bookmark(
        resourceVersion: object["metadata"]?["resourceVersion"]?.string ?? "",
        isInitialEnd: object["metadata"]?["annotations"]?["k8s.io/initial-events-end"]?.string == "true")
      return
    case "ERROR":
      self = .failure(APIRefusal(request, code: 500, status: object, text: ""))
      return
    case "ADDED": self = .added(object)
    case "MODIFIED": self = .modified(object)
    case "DELETED": self = .deleted(object)
    default: throw JSONMismatch(path: "type", reason: "'\(type)' is not a kind of watch event")
    }
    guard object.object != nil else { throw JSONMismatch(path: "object", reason: "a watch event needs it") }
  }
}

/// The events of one watch, until the server ends it. Dropping the stream ends it as well.
public struct WatchStream: AsyncSequence, Sendable {
  public typealias Element = WatchEvent
  public typealias Failure = KubernetesError

  let request: APIRequest
  let body: HTTPBody

  public init(_ request: APIRequest, body: HTTPBody) {
    self.request = request
    self.body = body
  }

  public func makeAsyncIterator() -> Iterator {
    Iterator(request: request, body: body.makeAsyncIterator())
  }

  public struct Iterator: AsyncIteratorProtocol {
    let request: APIRequest
    private let unread: JSONPaths
    var body: HTTPBody.Iterator
    private var splitter = FrameSplitter()
    /// Latest first: a line that was handed out is not kept until the next bytes come, which may be an hour.
    private var frames: [[UInt8]] = []
    private var hasEnded = false

    init(request: APIRequest, body: HTTPBody.Iterator) {
      self.request = request
      unread = request.unreadInEvents
      self.body = body
    }

    /// Errors: `.unreachable` where the connection broke, `.unreadable` where a line is no event. nil at a clean end.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(KubernetesError) -> WatchEvent? {
      while true {
        if let frame = frames.popLast() {
          do {
            return try WatchEvent(line: frame, request, omitting: unread)
          } catch {
            throw .unreadable(verb: request.verb, target: request.target, reason: "\(error)")
          }
        }
        guard !hasEnded else { return nil }
        do throws(TransportError) {
          if let chunk = try await body.next(isolation: actor) {
            frames = splitter.feed(chunk).reversed()
          } else {
            hasEnded = true
            // Kubernetes ends each event with a line feed; what has none was cut off.
            guard splitter.isEmpty else {
              throw TransportError.interrupted(origin: "the server", reason: "the stream ended within an event")
            }
          }
        } catch {
          guard error != .cancelled else { throw .cancelled }
          throw .unreachable(verb: request.verb, target: request.target, error)
        }
        guard splitter.count <= Self.maximumFrame else {
          throw .unreadable(verb: request.verb, target: request.target, reason: "an event is larger than 128 MiB")
        }
      }
    }

    private static let maximumFrame = 128 << 20
  }
}

/// Cuts a stream of bytes into lines at byte 0x0A and nowhere else: U+0085 and U+2028 may stand within an event. Looks
/// at each byte once, however the network has cut the stream.
struct FrameSplitter {
  private var pending: [UInt8] = []

  var isEmpty: Bool { pending.isEmpty }
  var count: Int { pending.count }

  /// The lines that are complete now; empty lines are left out.
  mutating func feed(_ chunk: [UInt8]) -> [[UInt8]] {
    var frames: [[UInt8]] = []
    var start = chunk.startIndex
    while let end = chunk[start...].firstIndex(of: 0x0A) {
      var frame = pending
      pending = []
      frame += chunk[start..<end]
      if !frame.isEmpty { frames.append(frame) }
      start = end + 1
    }
    pending += chunk[start...]
    return frames
  }
}
