import Synchronization

/// SMTP over libcurl, one connection for each mail, never through a proxy. All mails share one thread, which starts with the
/// first: a server that takes its time over its farewell holds up other mails, but no HTTP.
public final class CurlMailTransport: MailTransport {
  private let loop = Mutex<CurlLoop?>(nil)

  public init() {}

  deinit { loop.withLock { $0?.close() } }

  public func send(_ mail: Mail, to server: MailServer) async throws(MailError) -> [MailRefusal] {
    guard !Task.isCancelled else { throw .transport(.cancelled) }
    let transfer = MailTransfer(mail, server)
    let loop: CurlLoop
    do throws(TransportError) {
      loop = try runningLoop()
    } catch {
      throw .transport(error)
    }
    loop.add(transfer)
    return try await withTaskCancellationHandler {
      await transfer.outcome()
    } onCancel: {
      if transfer.finish(.failure(.cancelled)) { loop.remove(transfer) }
    }.get()
  }

  private func runningLoop() throws(TransportError) -> CurlLoop {
    try loop.withLock { loop throws(TransportError) in
      if let loop { return loop }
      let made = try CurlLoop(named: "apus-mail")
      loop = made
      return made
    }
  }
}

/// One mail under way: what was said is written down by the loop's thread, the outcome is read by one task.
final class MailTransfer: LoopTransfer {
  /// What the next answer is about.
  private enum Stage: Equatable {
    case connection
    case encryption
    case login
    case sender
    case receiver(Int)
    case data
    case content
    case farewell
  }

  private struct State {
    var stage = Stage.connection
    var receivers = 0
    /// Lines of an answer that goes on.
    var text = ""
    var answerBytes = 0
    /// The answer to the last command; nil: it is still to come.
    var last: MailRefusal?
    var refused: [Int: MailRefusal] = [:]
    var outcome: Result<Void, TransportError>?
    var reader: CheckedContinuation<Void, Never>?
  }

  let mail: Mail
  let server: MailServer
  private let state = Mutex(State())

  /// Of everything that the server says.
  private static let maximumAnswerBytes = 64 << 10
  private static let maximumText = 200

  init(_ mail: Mail, _ server: MailServer) {
    self.mail = mail
    self.server = server
  }

  // MARK: The task's side

  func outcome() async -> Result<[MailRefusal], MailError> {
    await withCheckedContinuation { continuation in
      let isOver = state.withLock { state in
        if state.outcome == nil { state.reader = continuation }
        return state.outcome != nil
      }
      if isOver { continuation.resume() }
    }
    return state.withLock { judge($0) }
  }

  private func judge(_ state: State) -> Result<[MailRefusal], MailError> {
    let refused = state.refused.sorted { $0.key < $1.key }.map(\.value)
    guard case .failure(let error) = state.outcome else { return .success(refused) }
    // A server that said no, and then whatever: its answer tells more than how the connection ended.
    guard error.isAboutTheServer, let last = state.last, last.code >= 400 else { return .failure(.transport(error)) }
    guard case .receiver = last.step else { return .failure(.refused(last)) }
    return .failure(refused.count == mail.receivers.count ? .nobodyAccepted(refused) : .transport(error))
  }

  // MARK: The loop's side

  var isFinished: Bool { state.withLock { $0.outcome != nil } }

  func makeHandle(maximumAge: Int?) throws(TransportError) -> CurlHandle { try MailHandle(self) }

  @discardableResult
  func finish(_ outcome: Result<Void, TransportError>) -> Bool {
    let (isFirst, reader) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
      guard state.outcome == nil else { return (false, nil) }
      state.outcome = outcome
      defer { state.reader = nil }
      return (true, state.reader)
    }
    reader?.resume()
    return isFirst
  }

  /// A command that goes out.
  func note(command: UnsafeRawBufferPointer) {
    let word = String(decoding: command.prefix(9), as: UTF8.self).uppercased()
    state.withLock { state in
      // An answer to a challenge, which may look like anything.
      let isLogin = state.stage == .login && state.last?.code == 334
      guard !isLogin else { return state.last = nil }
      // The answer to what came before is the one that counts.
      guard !word.hasPrefix("QUIT") else { return state.stage = .farewell }
      state.last = nil
      state.text = ""
      if word.hasPrefix("STARTTLS") {
        state.stage = .encryption
      } else if word.hasPrefix("AUTH ") {
        state.stage = .login
      } else if word.hasPrefix("MAIL FROM") {
        state.stage = .sender
      } else if word.hasPrefix("RCPT TO:") {
        state.stage = .receiver(state.receivers)
        state.receivers += 1
      } else if word.hasPrefix("DATA") {
        state.stage = .data
      } else if word.hasPrefix("EHLO") || word.hasPrefix("HELO") {
        state.stage = .connection
      }
    }
  }

  /// One line of an answer. Returns how many bytes were taken: all, or 0 to end the transfer.
  func receive(_ line: UnsafeRawBufferPointer) -> Int {
    let isTaken = state.withLock { state in
      state.answerBytes += line.count
      guard state.answerBytes <= Self.maximumAnswerBytes else { return false }
      let text = String(decoding: line, as: UTF8.self)
      if state.text.count < Self.maximumText { state.text += " " + text.dropFirst(4) }
      guard let code = Int(text.prefix(3)), text.dropFirst(3).first != "-" else { return true }
      note(code, &state)
      return true
    }
    if !isTaken { finish(.failure(.headTooLarge(limit: Self.maximumAnswerBytes))) }
    return isTaken ? line.count : 0
  }

  private func note(_ code: Int, _ state: inout State) {
    let step: MailRefusal.Step
    switch state.stage {
    case .connection: step = .connection
    case .encryption: step = .encryption
    case .login: step = .login
    case .sender: step = .sender
    case .receiver(let index): step = .receiver(index < mail.receivers.count ? mail.receivers[index] : "")
    case .data, .content: step = .content
    // The mail is taken, whatever is said now.
    case .farewell: return
    }
    let answer = MailRefusal(step: step, code: code, text: step == .login ? "" : spoken(state.text))
    state.text = ""
    state.last = answer
    if case .receiver(let index) = state.stage, code >= 300 { state.refused[index] = answer }
    if state.stage == .data, code == 354 { state.stage = .content }
  }

  /// The server's words as part of a sentence: one line, not too long, and without what it has been told in confidence.
  private func spoken(_ text: String) -> String {
    let words = text.unicodeScalars.split { $0.value < 0x21 || (0x7F...0xA0).contains($0.value) || $0.value == 0xFFFD }
    let line = words.map { String($0) }.joined(separator: " ")
    if let password = server.credentials?.password, !password.isEmpty, line.contains(password) { return "" }
    return line.count > Self.maximumText ? line.prefix(Self.maximumText) + "…" : line
  }
}

extension TransportError {
  /// Whether the transfer ended by what the server did, not by a time limit or the caller's will.
  fileprivate var isAboutTheServer: Bool {
    switch self {
    case .interrupted, .connectionFailed, .tlsFailed: true
    default: false
    }
  }
}
