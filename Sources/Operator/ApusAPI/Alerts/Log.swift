extension MonitoringPolicySpec.Alerts.Channel {
  package struct Log: AlertChannelSpec {
    package static let field = "log"

    package init() {}

    package static let schema = Schema.object("The operator's log.", [])
  }
}
