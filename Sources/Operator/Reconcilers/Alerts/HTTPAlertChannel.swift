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
      return answer.isSuccess ? .done : Self.refusal(answer)
    } catch {
      let retry: Delivery.Retry =
        switch error {
        case .invalidRequest, .notAllowed: .later
        default: .atOnce
        }
      return .failed("\(error)", retry, concernsChannel: true)
    }
  }

  /// What is refused now may be taken by a later try: people mend a webhook.
  private static func refusal(_ answer: HTTPStream) -> Delivery {
    let retryAfter = answer.headers["retry-after"]
    // Following would hand the alert, and a URL that is a secret, to whoever the server names.
    let isRedirect = (300..<400).contains(answer.status)
    var delivery = Delivery.failed(
      "the server answered \(answer.status)"
        + (isRedirect ? ", a redirect, which is not followed; configure the URL that it leads to" : ""),
      answer.status >= 500 && retryAfter == nil ? .atOnce : .later,
      concernsChannel: answer.status == 429 || retryAfter != nil)
    delivery.failure?.retryAfter = retryAfter
    return delivery
  }
}
