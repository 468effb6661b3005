package import Decisions
import Foundation
import HTTPTransport

/// A channel that takes each alert as one HTTP request with a JSON body. Its answer is judged by its status; the rest of it is
/// not read.
package protocol HTTPAlertChannel: AlertChannel {
  associatedtype Message: Encodable

  var url: Credential { get }
  func message(_ alert: Alert) -> Message
}

extension HTTPAlertChannel {
  package func send(_ alert: Alert, except settled: Set<String>, over wires: AlertWires) async -> Delivery {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let body = try? encoder.encode(message(alert)) else {
      return .failed("the alert cannot be written as JSON", .never)
    }
    let request = HTTPRequest(
      .post, url: url.text, headers: ["Content-Type": "application/json", "Idempotency-Key": alert.id],
      body: Array(body), timeouts: HTTPTimeouts(connect: .seconds(5), idle: .seconds(10), total: .seconds(10)))
    do {
      let answer = try await wires.http.stream(request)
      if answer.isSuccess { return .done }
      // What is refused now may be taken by a later try: people mend a webhook.
      return .failed(
        "the server answered \(answer.status)", answer.status >= 500 ? .atOnce : .later,
        concernsChannel: answer.status == 429)
    } catch {
      return .failed("\(error)", .atOnce, concernsChannel: true)
    }
  }
}
