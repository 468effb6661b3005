import Foundation
import Synchronization

/// An SMTP server on a loopback port that says what a test tells it to, and writes down what it is told.
package final class ScriptedMailServer: Sendable {
  package enum Answer: Sendable {
    /// Lines without their ends.
    case say(String)
    /// Lines that never come to an end.
    case sayForEver(String)
    case close
    /// Says nothing more, keeps the connection, and goes on writing down what it is told.
    case hold
    /// One byte a packet.
    case dribble(String)
    /// Says it and stops to read until the gate opens.
    case sayAndStall(String, ScriptedGate)
    case sayLater(String, Duration)
    /// Says it when the gate opens.
    case sayAfter(ScriptedGate, String)
  }

  private struct State {
    var commands: [String] = []
    var contents: [String] = []
    var sessions = 0
    var endedSessions = 0
  }

  private let state: Shared
  private let server: RawServer

  /// Outlives the server's own initialisation.
  private final class Shared: Sendable {
    let state = Mutex(State())
  }

  /// - Parameter answer: to a command such as `MAIL FROM:<a@b>`, to the connection itself (empty) and to a mail's end (`.`).
  ///   nil: as a good server answers.
  package init(offering extensions: [String] = [], _ answer: @escaping @Sendable (String) -> Answer? = { _ in nil })
    throws
  {
    let shared = Shared()
    state = shared
    server = try RawServer { connection in
      var session = Session(connection: connection, shared: shared, extensions: extensions, answer: answer)
      shared.state.withLock { $0.sessions += 1 }
      session.run()
      shared.state.withLock { $0.endedSessions += 1 }
    }
  }

  package var port: Int { server.port }
  package var commands: [String] { state.state.withLock { $0.commands } }
  /// What stood between DATA and the lone dot, dots undone, of each mail.
  package var contents: [String] { state.state.withLock { $0.contents } }

  package var sessions: Int { state.state.withLock { $0.sessions } }
  package var endedSessions: Int { state.state.withLock { $0.endedSessions } }

  package func stop() { server.stop() }

  private struct Session {
    let connection: ScriptedConnection
    let shared: Shared
    let extensions: [String]
    let answer: @Sendable (String) -> Answer?
    var buffer: [UInt8] = []

    mutating func run() {
      guard say(answer("") ?? .say("220 scripted")) else { return }
      while let command = line() {
        shared.state.withLock { $0.commands.append(command) }
        let reply = answer(command) ?? usual(command)
        guard say(reply) else { return }
        if command == "QUIT" { return }
        guard command == "DATA", reply.text.hasPrefix("354") else { continue }
        guard let content = content() else { return }
        shared.state.withLock { $0.contents.append(content) }
        guard say(answer(".") ?? .say("250 taken")) else { return }
      }
    }

    private func usual(_ command: String) -> Answer {
      if command.hasPrefix("EHLO") {
        let lines = ["scripted"] + extensions
        let parts = lines.enumerated().map { "250\($0.offset == lines.count - 1 ? " " : "-")\($0.element)" }
        return .say(parts.joined(separator: "\r\n"))
      }
      if command == "DATA" { return .say("354 go on") }
      return .say(command == "QUIT" ? "221 farewell" : "250 fine")
    }

    /// false ends the session.
    private mutating func say(_ answer: Answer) -> Bool {
      switch answer {
      case .say(let text): return connection.write(text + "\r\n")
      case .sayForEver(let text):
        while connection.write(text + "\r\n") {}
        return false
      case .close: return false
      case .hold:
        while let command = line() { shared.state.withLock { $0.commands.append(command) } }
        return false
      case .dribble(let text):
        for byte in Array((text + "\r\n").utf8) {
          guard connection.write([byte]) else { return false }
          connection.pause()
        }
        return true
      case .sayAndStall(let text, let gate):
        guard connection.write(text + "\r\n") else { return false }
        while !gate.isOpen { connection.pause() }
        return true
      case .sayLater(let text, let pause):
        let end = ContinuousClock.now + pause
        while ContinuousClock.now < end { connection.pause() }
        return connection.write(text + "\r\n")
      case .sayAfter(let gate, let text):
        while !gate.isOpen, !connection.isOver { connection.pause() }
        return connection.write(text + "\r\n")
      }
    }

    private mutating func line() -> String? {
      while true {
        if let end = buffer.firstRange(of: [13, 10]) {
          defer { buffer.removeSubrange(..<end.upperBound) }
          return String(decoding: buffer[..<end.lowerBound], as: UTF8.self)
        }
        guard let bytes = connection.read() else { return nil }
        buffer += bytes
      }
    }

    private mutating func content() -> String? {
      var lines: [String] = []
      while let line = line() {
        if line == "." { return lines.map { $0 + "\r\n" }.joined() }
        lines.append(line.hasPrefix(".") ? String(line.dropFirst()) : line)
      }
      return nil
    }
  }
}

extension ScriptedMailServer.Answer {
  fileprivate var text: String {
    switch self {
    case .say(let text), .sayForEver(let text), .dribble(let text), .sayAndStall(let text, _), .sayLater(let text, _),
      .sayAfter(_, let text):
      text
    case .close, .hold: ""
    }
  }
}
