import KubernetesModel
import Logging

extension JSONLogHandler {
  private static let reserved: Set<String> = ["time", "level", "logger", "message"]
  private static let secretWords = ["token", "password", "secret", "authorization", "credential", "apikey"]

  static func line(
    _ event: LogEvent, label: String, metadata: Logger.Metadata, provider: Logger.MetadataProvider?, at seconds: Double
  ) -> String {
    var fields = metadata
    if let provided = provider?.get() { fields.merge(provided) { $1 } }
    if let given = event.metadata { fields.merge(given) { $1 } }
    var text = "{\"time\":" + quoted(MicroTime(Timestamp(secondsSince1970: seconds)).description)
    text += ",\"level\":" + quoted(event.level.rawValue)
    text += ",\"logger\":" + quoted(label)
    text += ",\"message\":" + quoted(event.message.description)
    if let error = event.error, fields["error"] == nil { fields["error"] = "\(error)" }
    for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
      text += ",\(quoted(reserved.contains(key) ? key + "_" : key)):\(json(key, value).text)"
    }
    return text + "}\n"
  }

  private static func quoted(_ text: String) -> String { JSONValue.string(text).text }

  private static func json(_ key: String, _ value: Logger.MetadataValue) -> JSONValue {
    let plain = key.lowercased().filter { $0 != "_" && $0 != "-" }
    if secretWords.contains(where: plain.hasSuffix) { return "redacted" }
    switch value {
    case .string(let text): return .string(text)
    case .stringConvertible(let value): return .string(value.description)
    case .array(let values): return .array(values.map { json("", $0) })
    case .dictionary(let values):
      return .object(Dictionary(uniqueKeysWithValues: values.map { ($0.key, json($0.key, $0.value)) }))
    }
  }
}
