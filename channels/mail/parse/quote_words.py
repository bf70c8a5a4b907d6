"""The words of quotations in every language we know: who wrote, what is original, what was forwarded."""

# How an attribution says "wrote", by language; the word stands right before the colon or before the date.
WROTE = """
    wrote; writes; said; has written; wrote the following; wrote as follows; wrote on; skrev; schrieb; schrieb am;
    schreibt;
    schrieb folgendes; geschrieben; hat geschrieben; a écrit; a ecrit; écrit; ecrivait; écrivait; avez écrit;
    escribió;
    escribio; escribió lo siguiente; escribe; ha escrito; ha scritto; scrisse; scrive; escreveu; escreve;
    escreveu o seguinte;
    escribiu; va escriure; ha escrit; schreef; schreef het volgende; heeft geschreven; geschreven; skrev følgende;
    skrev følgende den; följande; kirjoitti; kirjoittanut; kirjoitti näin; napisał; napisała; napisał(a); napisał/a;
    napisal;
    napisala; napisal(a); napisana przez; pisze;
    napsal; napsala; napsal(a); napsal/a; píše; napísal; napísala; napísal(a);
    je napisao; je napisala;
    je napisao/la; je napisal; je napisala; je napisal/-a; je pisal; napisao; je napisao/napisala; написал;
    написала; написал(а);
    писал; писала; пишет; пишете; вы писали; написав; написала; написав(-ла); пише; написа; је написао; напиша;
    írta; ezt írta; a következőt írta;
    ezt irta; yazdı; şunu yazdı; şunları yazdı; şöyle yazdı; yazmış; tarihinde şunu yazdı; έγραψε; έγραψεν;
    έγραψε τα εξής;
    כתב; כתבה; כתב/ה; ‏כתב; נכתב על ידי; كتب; كتبت; كتب/كتبت; نوشت; نوشته; เขียนว่า; เขียน; ได้เขียน; đã viết; viết;
    đã ghi; menulis; menulis berikut;
    telah menulis; tulis; 写道; 寫道; 写到; 的邮件; 書きました; 書かれました; のメール; のメッセージ;
    さんは書きました; さんが書きました; 님이 작성; 님 작성; 작성; 님이 쓴 글; 씀;
    a scris; a scris următoarele; kirjutas; rakstīja; rašė; parašė; skrifaði; ha scrit; idatzi du; scríobh;
    ysgrifennodd; ka shkruar; shkroi; дописав;
    लिखा; ने लिखा; எழுதியது; লিখেছেন; napisali; je napsal; sumulat; nagsulat; aliandika; написано; escriviu;
    schriebst; 작성함; 写下; 写了
"""

# Titles of the delimiter lines, without their dashes.
ORIGINAL_TITLES = """
    original message; original mail; original email; original e-mail; originalmail; original msg; previous message;
    reply message; reply;
    ursprüngliche nachricht; originalnachricht; original-nachricht; ursprüngliche mail; original nachricht;
    message d'origine; message original; message initial; message d’origine; mensaje original; mensaje de origen;
    messaggio originale; messaggio originario; mensagem original; oorspronkelijk bericht; oorspronkelijke bericht;
    originele bericht; origineel bericht; original besked; oprindelig meddelelse; oprindelig besked;
    original meddelelse;
    ursprungligt meddelande; originalmeddelande; ursprungsmeddelande; opprinnelig melding; original melding;
    alkuperäinen viesti;
    wiadomość oryginalna; oryginalna wiadomość; wiadomosc oryginalna; původní zpráva; originální zpráva;
    původní e-mail;
    pôvodná správa; исходное сообщение; оригинальное сообщение; исходное письмо; вихідне повідомлення;
    оригінальне повідомлення;
    оригинално съобщение; eredeti üzenet; eredeti levél; orijinal mesaj; orijinal ileti; özgün ileti; asıl mesaj;
    αρχικό μήνυμα;
    הודעה מקורית; ההודעה המקורית; الرسالة الأصلية; رسالة أصلية; پیام اصلی; ข้อความต้นฉบับ; ข้อความเดิม; tin nhắn gốc;
    thư gốc; pesan asli; mesej asal;
    原始邮件; 原邮件; 原始郵件; 原始訊息; 原始信件; 邮件原件; 回复的原邮件; 元のメッセージ; オリジナルメッセージ;
    元のメール; 원본 메시지; 원본 메일; 원본메일; 원본메시지; mesaj original; mesajul original;
    mesaj iniţial; izvirno sporočilo; originalno sporočilo; izvorna poruka; originalna poruka; originalno pismo;
    algne kiri; algne teade; sākotnējais ziņojums;
    pradinis laiškas; originalus laiškas; upprunaleg skilaboð; missatge original; jatorrizko mezua; मूल संदेश;
    teachtaireacht bhunaidh; mesazhi origjinal;
    reply to message; replied message; replied message; urspr. nachricht; ursprgl. nachricht; antwort; responder;
    répondre; antwort nachricht; antwortnachricht; message de réponse
"""
FORWARDED_TITLES = """
    forwarded message; begin forwarded message; forwarded mail; forwarded email; forwarded e-mail; fwd message;
    forward message;
    start of forwarded message; forwarded by; forwarded from; forwarded letter; message forwarded;
    forwarding message; forwarded; this is a forwarded message; это пересылаемое письмо; это пересланное сообщение;
    dies ist eine weitergeleitete nachricht; ceci est un message transféré; este es un mensaje reenviado;
    questo è un messaggio inoltrato; to jest przekazana wiadomość; bắt đầu thư được chuyển tiếp;
    weitergeleitete nachricht; anfang der weitergeleiteten nachricht; weitergeleitete mail; weitergeleitete e-mail;
    anfang der weitergeleiteten e-mail; beginn der weitergeleiteten nachricht; weitergeleitet von;
    message transféré; message transmis; message transfere; début du message réexpédié; début du message transféré;
    message réexpédié;
    transféré par; mail transféré; courriel transféré; début du message transmis;
    mensaje reenviado; inicio del mensaje reenviado; comienzo del mensaje reenviado; mensaje original reenviado;
    correo reenviado; reenviado por;
    messaggio inoltrato; inizio messaggio inoltrato; inizio del messaggio inoltrato; messaggio inoltrato da;
    inoltrato da;
    mensagem encaminhada; início da mensagem reencaminhada; início da mensagem encaminhada; mensagem reencaminhada;
    mensagem encaminhada por;
    doorgestuurd bericht; begin doorgestuurd bericht; begin van doorgestuurd bericht; doorgestuurde bericht;
    doorgestuurde e-mail; doorgezonden bericht;
    videresendt meddelelse; videresendt besked; videresendt melding; videresendt e-mail;
    start på videresendt besked; start på videresendt melding; starten på den videresendte besked;
    videresendt brev; begynnelse på videresendt melding; begyndelse på videresendt besked;
    start på videresendt meddelelse; videresendt e-post;
    vidarebefordrat meddelande; vidarebefordrat brev; början på vidarebefordrat brev;
    början på vidarebefordrat meddelande; börja vidarebefordrat meddelande; vidarebefordrat mejl;
    vidarebefordrat e-postmeddelande;
    välitetty viesti; edelleenlähetetty viesti; edelleen lähetetty viesti; alkoi edelleenlähetetty viesti;
    välitetty viesti alkaa; alkaa välitetty viesti; uudelleenlähetetty viesti; edelleenlähetetty sähköposti;
    przekazana wiadomość; wiadomość przekazana dalej; początek przekazywanej wiadomości; przekazywana wiadomość;
    treść przekazanej wiadomości; początek przekazanej wiadomości; wiadomość przesłana dalej;
    přeposlaná zpráva; začátek přeposlané zprávy; začátek přeposílané zprávy; přeposlaný e-mail; předaná zpráva;
    preposlaná správa; začiatok preposlanej správy; odovzdaná správa; preposlany mail;
    пересланное сообщение; пересылаемое сообщение; перенаправленное сообщение; начало переадресованного сообщения;
    начало пересылаемого сообщения; начало пересланного сообщения; пересланное письмо; пересылаемое письмо;
    конец пересылаемого сообщения;
    переслане повідомлення; початок листа, що пересилається; початок переадресованого повідомлення;
    переслане повідомлення; пересланий лист; переадресоване повідомлення;
    препратено съобщение; препратено писмо; начало на препратено съобщение; прослеђена порука; prosleđena poruka;
    proslijeđena poruka; započni proslijeđenu poruku;
    proslijeđeno; proslijeđena e-pošta; početak proslijeđene poruke; posredovano sporočilo;
    začetek posredovanega sporočila;
    továbbított üzenet; továbbított levél; a továbbított üzenet kezdete; továbbított üzenet kezdete;
    továbbított üzenet eleje;
    iletilmiş mesaj; yönlendirilmiş mesaj; iletilen mesaj; iletilen ileti; yönlendirilen ileti;
    iletilen mesaj başlangıcı; iletilmiş ileti; başlangıç iletilen mesaj; iletinin başlangıcı; yönlendirilen mesaj;
    προωθημένο μήνυμα; έναρξη προωθημένου μηνύματος; αρχή προωθημένου μηνύματος; προωθούμενο μήνυμα;
    προωθημενο μηνυμα;
    הודעה שהועברה; תחילת ההודעה שהועברה; הודעה מועברת; הועבר מאת; الرسالة المعاد توجيهها; رسالة معاد توجيهها;
    رسالة محولة; بدء الرسالة المعاد توجيهها; رسالة تمت إعادة توجيهها; پیام فرستاده‌شده; پیام هدایت شده;
    ข้อความที่ถูกส่งต่อ; ข้อความที่ส่งต่อ; ข้อความส่งต่อ; เริ่มข้อความที่ส่งต่อ; thư đã chuyển tiếp; tin nhắn đã chuyển tiếp;
    bắt đầu thư đã chuyển tiếp; forwarded message (chuyển tiếp); thư được chuyển tiếp; tin nhắn chuyển tiếp;
    thư chuyển tiếp;
    pesan terusan; pesan yang diteruskan; pesan diteruskan; mulai pesan terusan; awal pesan terusan;
    mesej dimajukan; mesej yang dimajukan;
    转发的邮件; 转发邮件; 转发邮件信息; 转发的消息; 开始转发的邮件; 下面是被转发的邮件; 轉寄郵件; 轉寄的郵件;
    轉寄訊息; 已轉寄的郵件; 開始轉寄郵件; 以下是轉寄的郵件; 轉發郵件; 轉發的郵件; 下面是轉寄的郵件;
    転送メッセージ; メッセージを転送; 転送されたメッセージ; 転送されたメール; 転送メール; 以下は転送されたメールです;
    以下は転送されたメッセージです; 転送メッセージの開始;
    전달된 메시지; 전달된 메일; 전달한 메시지; 전달된메시지; 전달 메시지; 전달받은 메시지; 전달된 메시지 시작;
    아래는 전달된 메시지입니다;
    mesaj redirecționat; mesaj transmis mai departe; mesaj redirecţionat; începutul mesajului redirecționat;
    mesaj retrimis; mesaj înaintat; începe mesajul redirecționat; mesaj redirectionat;
    edastatud kiri; edasisaadetud kiri; edastatud sõnum; pārsūtīts ziņojums; pārsūtītā ziņa; pārsūtīta vēstule;
    persiųstas laiškas; persiunčiamas laiškas; áframsend skilaboð; framsend skilaboð;
    missatge reenviat; inici del missatge reenviat; mezua birbidalia; birbidalitako mezua; अग्रेषित संदेश;
    फ़ॉरवर्ड किया गया संदेश; mesazh i përcjellë; neges wedi'i hanfon ymlaen; teachtaireacht curtha ar aghaidh;
    naipasang mensahe; ujumbe uliosambazwa
"""
# Beginnings of words for passing on: between dashes or before a colon, with headers below, they need no full title.
FORWARD_STEMS = """
    forward; \\bfwd; weitergeleitet; weiterleit; transf[ée]r; transmis; réexpédi; reenv[ií]; inoltr;
    encaminh; doorgestuu?r; doorgezon; videresen; vidarebefordr; vidaresen; välite; edelleen; lähetetty
    edelleen; przekaz; przesłan[ae] dalej; přepos; prepos; předan; odovzdan; пересл; пересыл; перенаправ;
    переадрес; переслан; препрат; препраќ; прослеђ; прослед; prosle[dđ]; proslij; posredov; továbbít;
    iletil; ileti başlang; yönlendir; προωθ; הועבר; מועבר; העבר; توجيه; محول; تحويل; هدایت; فرستاده;
    ارسال شده; 转发; 轉寄; 轉發; 転送; 전달; redirec; înaint; retrimis; edasta; edasi; pārsūt; persių; persiun;
    áframsen; framsen; vidaresent; reenvia; birbidal; अग्रेषित; फ़ॉरवर्ड; फॉरवर्ड; përcjell; перасла;
    перасыл; қайта жібер; გადმოგზავნ; გადაგზავნ; վերահասց; վերաուղարկ; aangestuur; deurgestuur;
    ফরওয়ার্ড; ส่งต่อ; chuyển tiếp; terusan; diteruskan; dimajukan; majukan; naipasa; ipinasa; imesambaz;
    iliyosambaz; yönəldil; seoladh ar aghaidh; ymlaen; முன்னனுப்ப; ఫార్వర్డ్; ഫോര്‍വേഡ്; ផ្ញើបន្ត;
    ສົ່ງຕໍ່; ထပ်ဆင့်; ተላለፈ
"""
# What web clients leave where they folded the old text away.
HIDDEN_QUOTES = frozenset(
    {
        "quoted text hidden",
        "trimmed content",
        "show quoted text",
        "zitierter text ausgeblendet",
        "zitierter text wird ausgeblendet",
        "zitierten text anzeigen",
        "texte des messages précédents masqué",
        "texto citado oculto",
        "el texto citado está oculto",
        "testo tra virgolette nascosto",
        "texto das mensagens anteriores oculto",
        "tekst uit oorspronkelijke bericht is verborgen",
        "скрытый текст",
        "引用文は表示されません",
        "引用文字已隐藏",
    }
)
