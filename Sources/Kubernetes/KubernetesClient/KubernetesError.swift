public import HTTPTransport
internal import KubernetesModel

/// Why a call of the API gave no result.
public enum KubernetesError: Error, Sendable, Equatable {
  /// The server said no.
  case refused(APIRefusal)
  /// No answer came.
  case unreachable(verb: APIRequest.Verb, target: APITarget, TransportError)
  /// An answer came that is not what was asked for.
  case unreadable(verb: APIRequest.Verb, target: APITarget, reason: String)
  /// There is no usable configuration; the text says what was tried and how to mend it.
  case configuration(String)
  /// The write was held back: this process does not lead, or no longer surely.
  case notLeading(verb: APIRequest.Verb, target: APITarget)
  case cancelled
}

/// A refusal in the server's own words.
public struct APIRefusal: Sendable, Equatable {
  public struct Cause: Sendable, Equatable {
    public var field: String
    public var reason: String
    public var message: String

    public init(field: String, reason: String, message: String) {
      self.field = field
      self.reason = reason
      self.message = message
    }
  }

  public var verb: APIRequest.Verb
  public var target: APITarget
  /// HTTP status.
  public var code: Int
  /// CamelCase, as in `metav1.Status`; empty where the answer had none.
  public var reason: String
  public var message: String
  public var causes: [Cause]
  /// Seconds after which the server wants to be asked again.
  public var retryAfter: Double?

  public init(
    verb: APIRequest.Verb, target: APITarget, code: Int, reason: String, message: String, causes: [Cause] = [],
    retryAfter: Double? = nil
  ) {
    self.verb = verb
    self.target = target
    self.code = code
    self.reason = reason
    self.message = message
    self.causes = causes
    self.retryAfter = retryAfter
  }

  /// From the `Status` object in an answer's body, or from an ERROR event of a watch.
  init(_ request: APIRequest, code: Int, status: JSONValue?, text: String, retryAfter: Double? = nil) {
    verb = request.verb
    target = request.target
    self.code = status?["code"]?.integer ?? code
    reason = status?["reason"]?.string ?? ""
    message = status?["message"]?.string ?? Self.words(of: text)
    causes = (status?["details"]?["causes"]?.array ?? []).map { cause in
      Cause(
        field: cause["field"]?.string ?? "", reason: cause["reason"]?.string ?? "",
        message: cause["message"]?.string ?? "")
    }
    self.retryAfter = retryAfter ?? status?["details"]?["retryAfterSeconds"]?.double
  }
}

extension APIRefusal {
  /// The beginning of an answer that is no `Status`; of a web page, which a proxy or a load balancer has sent, its words.
  static func words(of text: String) -> String {
    let start = text.prefix(4096)
    let isPage = start.drop { $0.isWhitespace }.first == "<"
    guard isPage else {
      let words = start.split(whereSeparator: \.isWhitespace).joined(separator: " ").prefix(300)
      return words.isEmpty ? "the server gave no reason" : String(words)
    }
    var isTag = false
    let plain = start.map { character -> Character in
      if character == "<" { isTag = true }
      defer { if character == ">" { isTag = false } }
      return isTag ? " " : character
    }
    let words = plain.split(whereSeparator: \.isWhitespace).map { String($0) }.joined(separator: " ")
    return "a web page in place of an answer, as from a proxy: \(words.prefix(200))"
  }
}

extension KubernetesError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .refused(let refusal):
      "\(refusal.verb.rawValue) \(refusal.target): \(refusal.message)"
        + " (HTTP \(refusal.code)\(refusal.reason.isEmpty ? "" : ", \(refusal.reason)"))"
    case .unreachable(let verb, let target, let error): "\(verb.rawValue) \(target): \(error)"
    case .unreadable(let verb, let target, let reason):
      "\(verb.rawValue) \(target): the answer is not usable: \(reason)"
    case .configuration(let text): text
    case .notLeading(let verb, let target): "\(verb.rawValue) \(target): held back, because this process does not lead"
    case .cancelled: "cancelled"
    }
  }

  public var refusal: APIRefusal? {
    guard case .refused(let refusal) = self else { return nil }
    return refusal
  }

  private func isRefused(_ codes: Int...) -> Bool { refusal.map { codes.contains($0.code) } ?? false }

  /// The object, or the whole API, is not there.
  public var isNotFound: Bool { isRefused(404) }

  /// The resource itself is not served: no such CRD or API version.
  public var isMissingAPI: Bool {
    guard let refusal, refusal.code == 404 else { return false }
    return refusal.target.name == nil || refusal.message.contains("could not find the requested resource")
      || refusal.message.contains("page not found")
  }

  /// Somebody else has written in between, or owns a field.
  public var isConflict: Bool { isRefused(409) && refusal?.reason != "AlreadyExists" }
  public var isAlreadyExists: Bool { isRefused(409) && refusal?.reason == "AlreadyExists" }
  public var isForbidden: Bool { isRefused(403) }
  public var isUnauthorized: Bool { isRefused(401) }
  public var isInvalid: Bool { isRefused(422) }

  /// The resource version, or the continuation, is too old: list again.
  public var isGone: Bool {
    isRefused(410) || refusal?.reason == "Expired" || refusal?.reason == "Gone"
  }

  /// The server knows only older versions than the one asked for: it lags behind, or the cluster was restored from a
  /// backup.
  public var isTooLargeResourceVersion: Bool {
    refusal?.causes.contains { $0.reason == "ResourceVersionTooLarge" } == true
      || isRefused(504) && refusal?.message.contains("Too large resource version") == true
  }

  public var isTooManyRequests: Bool { isRefused(429) }

  /// Nothing can be created in a namespace that is going away.
  public var isNamespaceTerminating: Bool {
    isForbidden && refusal?.causes.contains { $0.reason == "NamespaceTerminating" } == true
  }

  /// Whether asking again later may help without anybody changing anything.
  public var isTransient: Bool {
    switch self {
    case .refused(let refusal): refusal.code >= 500 || [401, 408, 409, 410, 429].contains(refusal.code)
    case .unreachable: true
    case .unreadable, .configuration: false
    case .notLeading, .cancelled: true
    }
  }
}
