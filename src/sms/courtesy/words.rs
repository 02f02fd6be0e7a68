//! The words of thanks and assent of each language.
//!
//! A word that often begins or carries a request in its language is left out, however polite.

/// What is said everywhere.
pub(super) const EVERYWHERE: &str =
    "ok okay oki okey okie k kk okido super perfect thx ty tx tnx tysm thanks thank cool bravo";

/// What stands for doubt, anger or grief, which somebody should look at.
pub(super) const UNHAPPY: &str = "👎🤔😡😠🤬😢😭😞😟😤😒🙄😕☹🤨🤷😱🆘💔🤮🤢😰😨😩😫🛑✋🚫❌";

/// Of each language that puts spaces between words: what is a courtesy by itself, and what is
/// harmless beside it.
#[rustfmt::skip]
pub(super) const LANGUAGES: &[(&str, &str)] = &[
    // English
    ("thanks thank thankyou thanku thankx thnx thnks thks cheers ta appreciated appreciate grateful \
      yes yep yeah yup yea ya aye sure certainly absolutely definitely indeed right correct agreed alright \
      fine good great perfect excellent awesome amazing brilliant lovely wonderful fantastic nice \
      understood noted gotcha roger received bye goodbye welcome np worries done works",
     "you u so very much many a lot ton tons million bunch all again everyone guys team both it that thats for your the quick got sounds looks to me i im will do have day evening weekend night too ever of course as well see soon really and just oh ah aw lol haha dear mate sir madam kind kindly kindness everything"),
    // Spanish
    ("gracias grax si vale listo perfecto genial excelente bueno bien claro entendido estupendo recibido saludos acuerdo agradezco agradecido agradecida",
     "muchas muchisimas mil por todo su tu la el de muy que lo les te un a usted ustedes dia buen buenas tardes noches e y esta todos igualmente adios hasta luego pronto"),
    // Portuguese
    ("obrigado obrigada brigado brigada obg valeu vlw sim certo perfeito otimo excelente combinado entendi entendido agradeco bom beleza blz grato grata",
     "muito muita muitissimo pela pelo por tudo a o voce voces e bem esta ta um dia boa tarde noite de nada"),
    // French
    ("merci mercii mrc oui ouais parfait daccord dac entendu compris bien genial top excellent note recu super volontiers",
     "beaucoup bcp infiniment mille fois pour votre ton vos tout toute l a vous toi tous encore et tres cest c est bonne bon journee soiree week end monsieur madame de la le ca marche au revoir"),
    // German
    ("danke dankeschoen dankeschön dank vielen merci ja jawohl jo jep gut super prima perfekt klasse toll alles klar verstanden passt einverstanden gerne genau erledigt bestens",
     "schön schoen schon sehr herzlichen besten tausend fuer für die der das ihre eure deine ihnen euch dir auch ist in ordnung geht und noch einen guten tag abend wochenende schoenen schönen na nochmal nochmals gleichfalls bis bald tschüss gruss grüße lg"),
    // Italian
    ("grazie si perfetto bene va ottimo daccordo capito ricevuto certo certamente benissimo volentieri ringrazio gentilissimo gentilissima",
     "mille tante molte molto infinite per il la l tutto a lei voi te di cuore vi le ancora e buona buon giornata serata gentile d accordo"),
    // Dutch
    ("bedankt dank dankjewel dankuwel dankje dankü ja prima goed perfect top akkoord begrepen duidelijk fijn mooi geweldig oke",
     "je u wel heel erg zeer veel hartelijk voor de het uw jullie en dat is alles nog fijne dag avond weekend allemaal gedaan graag"),
    // Swedish
    ("tack tackar ja japp bra perfekt toppen fint uppfattat forstatt förstått absolut javisst",
     "sa så mycket manga många hjartligt för for snabba svar det later låter ar är till er dig ha en dag helg sjalv själv detsamma"),
    // Norwegian and Danish
    ("takk tak ja japp bra godt perfekt fint flott topp forstatt forstått forstaet forstået supert greit modtaget mottatt selvfolgelig",
     "tusen mange tusind så sa saa mye meget hjertelig for det er en dag ha i orden dere jer deg dig like måde selv og"),
    // Finnish
    ("kiitos kiitoksia kiitti kiits kiitan joo juu kylla kyllä hyva hyvä hyvin selva selvä mahtavaa hienoa loistavaa ymmarretty sopii",
     "paljon oikein teille sinulle avusta viela vielä ja erittain erittäin on homma paivaa päivää jatkoa samoin tuhannesti"),
    // Polish
    ("dziekuje dziękuję dzieki dzięki dziekujemy dzieks tak jasne dobrze dobra super swietnie świetnie rozumiem zgoda pewnie wspaniale spoko",
     "bardzo serdecznie za i panu pani wam panstwu jest wszystko slicznie ślicznie pieknie milego miłego dnia wzajemnie"),
    // Czech and Slovak
    ("dekuji děkuji dekuju dik diky díky dakujem ďakujem vdaka vďaka ano áno jo jasne jasně dobre dobře super skvele skvělé skvelé rozumim rozumiem souhlasim suhlasim",
     "moc velmi mockrat mockrát pekne pekně za vam vám ti a je to vse vše vsetko hezky pekny den krasny tez"),
    // Hungarian
    ("koszonom köszönöm koszi köszi koszonjuk köszönjük igen rendben jo jó oke szuper remek ertem értem tokeletes tökéletes kivalo",
     "szepen szépen nagyon a az es is szep szép napot minden"),
    // Romanian
    ("multumesc mulțumesc multumim mersi da bine perfect excelent inteles înțeles desigur sigur merci",
     "mult frumos foarte pentru tot va vă si și o zi buna bună in regula de"),
    // Greek
    ("ευχαριστώ ευχαριστω ευχαριστούμε ναι ωραία εντάξει οκ τέλεια καλά σωστά σύμφωνοι κατάλαβα μπράβο",
     "πολύ παρά σας σε και για τη την όλα να είστε είναι καλή μέρα επίσης"),
    // Russian
    ("спасибо спс пасиб благодарю да ага ок окей хорошо отлично понял поняла понятно ясно договорились супер прекрасно принято здорово ладно",
     "большое огромное вам тебе за все всё и очень вас ну пожалуйста хорошего дня взаимно"),
    // Ukrainian
    ("дякую дякуємо дяки так ага ок добре чудово зрозумів зрозуміла зрозуміло ясно домовились супер гаразд прийнято",
     "дуже щиро вам тобі за все і гарного дня навзаєм"),
    // Turkish
    ("teşekkürler tesekkurler teşekkür tesekkur sağol sagol sağolun sagolun eyvallah evet tamam tamamdır tamamdir olur peki harika süper super güzel guzel mükemmel anladım anladim",
     "ederim ederiz çok cok size yardımınız yardiminiz için icin ve iyi günler gunler her şey sey oldu"),
    // Arabic
    ("شكرا شكراً مشكور مشكورين نعم تمام حسنا اوكي ممتاز طيب جيد فهمت موافق ايوه اكيد",
     "جزيلا لك لكم كثيرا جدا على جزاك جزاكم الله خيرا يسلمو و"),
    // Hebrew
    ("תודה כן בסדר אוקיי אוקי מעולה סבבה הבנתי מצוין אחלה נהדר מושלם",
     "רבה לך לכם על גמור הכל מאוד ו יום טוב"),
    // Hindi
    ("धन्यवाद शुक्रिया हाँ हां जी ठीक अच्छा बढ़िया dhanyavad dhanyavaad shukriya haan theek accha achha",
     "है बहुत आपका आपको hai ji bahut aapka"),
    // Vietnamese
    ("cam cảm on ơn camon vâng vang da dạ duoc được ok tot tốt hieu hiểu dong đồng y ý",
     "ban bạn nhieu nhiều rat rất roi rồi a ạ nhe nhé anh chi chị em toi tôi minh mình xin"),
    // Indonesian and Malay
    ("terima terimakasih makasih trims thx ya iya baik oke siap sip mantap bagus setuju paham mengerti tq",
     "kasih banyak atas kak pak bu bang sama lah"),
    // Tagalog
    ("salamat opo oo sige ayos noted maraming",
     "po ng marami sa inyo na"),
    // Korean
    ("감사합니다 고맙습니다 감사해요 고마워요 고마워 감사 네 넵 예 알겠습니다 알겠어요 좋아요 좋습니다 오케이 확인했습니다",
     "정말 대단히 많이 너무 도와주셔서"),
];

/// What one is thanked for, and could as well ask for: harmless only after a word that is harmless.
pub(super) const NOUNS: &str = "help reply message info update support ayuda mensaje respuesta ajuda resposta aide laide reponse hilfe antwort aiuto laiuto risposta hulp antwoord hjalpen hjälpen svaret hjelpen hjælpen pomoc odpowiedz odpoved segitseget segítséget valaszt választ ajutor raspuns βοήθεια помощь ответ допомогу відповідь المساعدة העזרה bantuannya tulong";

/// Phrases that may follow one another, compared without spaces.
pub(super) const PHRASES: &str = "ありがとう ありがとうございます ありがとうございました どうも 有難うございます 有り難うございます はい 了解 了解です 了解しました りょうかい わかりました 分かりました \
     承知しました かしこまりました オッケー いいです 大丈夫です 助かりました \
     谢谢 謝謝 多谢 多謝 非常感谢 感谢 感謝 谢谢你 謝謝你 谢谢您 謝謝您 谢谢了 好 好的 好滴 好吧 可以 行 是 是的 对 對 没问题 沒問題 收到 明白 明白了 知道了 了解了 太好了 \
     ขอบคุณ ขอบคุณครับ ขอบคุณค่ะ ขอบคุณมาก ครับ ค่ะ คะ โอเค ได้ ได้ครับ ได้ค่ะ ใช่ ตกลง รับทราบ ดีมาก มาก ๆ \
     감사합니다 고맙습니다 네 넵 \
     ok gotit willdo noproblem noworries youtoo allgood";
